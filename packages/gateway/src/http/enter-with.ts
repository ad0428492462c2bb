import type { Admission } from '../account/identities.ts'
import type { Redeemed } from '../account/oidc/redeem.ts'
import { accessOf, targetKey } from '../account/oidc/access.ts'
import type { Target } from '../account/oidc/renew.ts'
import { browser, causedBy } from '../audit/event.ts'
import { isKnownDevice } from '../decide/device.ts'
import { LOGIN_START } from '../decide/login.ts'
import type { Provider } from '../decide/provider.ts'
import { type Claim, identify } from '../decide/session.ts'
import type { FailureCode } from '../errors.ts'
import type { Transaction } from '../session/transactions.ts'
import { ask } from '../store/ask.ts'
import { beginSession } from './begin-session.ts'
import type { Call } from './endpoint.ts'

export type Entered =
  /** `isWhole`: a session; else a login that goes on at the sign-in page. */
  | { readonly kind: 'entered'; readonly isWhole: boolean; readonly cookies: readonly string[] }
  | { readonly kind: 'refused'; readonly code: FailureCode; readonly why: string }

/** Who was proven, and what the tokens that came with it are for. */
type Proven = Extract<Redeemed, { kind: 'redeemed' }> & { readonly target: Target }

/** A person who is proven at a provider → a session, with the provider's tokens sealed beside it. `before`: the session that the sign-in began in. */
export async function enterWith(
  call: Call,
  provider: Provider,
  transaction: Transaction,
  proven: Proven,
  before: Claim | null,
): Promise<Entered> {
  const { head, parts, policy } = call
  const { person } = proven
  const cause = { ...causedBy(head), actor: browser(null, null) }
  const visitor = identify(before, null, policy.sessions, head.at)
  const shown = visitor.kind === 'known' ? visitor.session : null
  if (transaction.purpose === 'link' && shown === null) return { kind: 'refused', code: 'session_required', why: 'session_over' }
  const admission =
    transaction.purpose === 'link' && shown !== null
      ? await parts.providers.identities.link(person, provider, shown.account, cause)
      : await parts.providers.identities.admit(person, provider, cause)
  if (admission.kind === 'refused') return { ...admission, code: codeOf(admission) }
  const { account, stored } = admission
  const { generation } = await ask(() => parts.sessions.standing(account.id))
  const known = isKnownDevice(parts.devices.open(head), account.id, stored.passwordChangedAt)
  const context = { generation, isKnownDevice: known, isPasswordLocked: false, next: transaction.next }
  // What the account demands besides is demanded here, too: a provider is one factor, whatever it says of itself (C17).
  const move = await parts.login.move(stored, await parts.factors.list(account.id), LOGIN_START, PROOF, context, cause)
  switch (move.kind) {
    case 'granted': {
      // What the provider does not say was not just done: a fresh proof is demanded again where it is needed (ASVS 6.8.4).
      const factors = [{ kind: 'oidc', at: Math.min(person.authenticatedAt ?? 0, head.at) }] as const
      const begun = await beginSession(call, { account, generation, factors, shown, device: parts.devices.open(head) })
      if (begun.kind === 'refused') return { ...begun, why: begun.code }
      const kept = await keep(call, provider, begun.session.id, proven)
      if (await parts.providers.signOuts.coversPerson(person)) {
        await ask(() => parts.sessions.end(begun.session, head.at, 'ended-by-provider'))
        return { kind: 'refused', code: 'sign_in_refused', why: 'signed_out_meanwhile' }
      }
      return { kind: 'entered', isWhole: true, cookies: [...begun.cookies, kept] }
    }
    case 'next': {
      const cookie = parts.loginCookies.keep(move.progress, head.at)
      const kept = await keep(call, provider, pendingSession(move.progress.id), proven)
      if (await parts.providers.signOuts.coversPerson(person))
        return { kind: 'refused', code: 'sign_in_refused', why: 'signed_out_meanwhile' }
      return { kind: 'entered', isWhole: false, cookies: [cookie, kept] }
    }
    case 'recovered':
    case 'refused':
    case 'throttled':
      return { kind: 'refused', code: 'sign_in_refused', why: 'account' }
  }
}

const PROOF = { kind: 'oidc', holds: true } as const

/** Under which name the tokens wait while a login is not over; no session has it. */
export function pendingSession(login: string): string {
  return PENDING + login
}

export function isPending(session: string): boolean {
  return session.startsWith(PENDING)
}

const PENDING = 'login '

/** The provider's tokens, sealed beside the session; the Set-Cookie line with the visitor's half of the key. */
async function keep(
  { head, parts, policy }: Call,
  provider: Provider,
  session: string,
  { person, tokens, target }: Proven,
): Promise<string> {
  const { refreshToken, idToken } = tokens
  const facts = { session, provider: provider.name, issuer: person.issuer, subject: person.subject, sid: person.sid }
  const access = { [targetKey(target)]: accessOf(tokens, head.at) }
  return await parts.providers.grants.start(
    { ...facts, expiresAt: head.at + policy.sessions.absoluteMs },
    { refreshToken, idToken, access },
  )
}

function codeOf({ why }: Extract<Admission, { kind: 'refused' }>): FailureCode {
  return why === 'taken' ? 'identity_taken' : 'sign_in_refused'
}
