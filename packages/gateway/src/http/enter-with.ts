import type { Admission } from '../account/identities.ts'
import type { Redeemed } from '../account/oidc/redeem.ts'
import { targetKey } from '../account/oidc/target-key.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import type { Provider } from '../decide/provider.ts'
import { type Claim, identify } from '../decide/session.ts'
import type { FailureCode } from '../errors.ts'
import type { Transaction } from '../session/transactions.ts'
import { beginSession } from './begin-session.ts'
import type { Call } from './endpoint.ts'

export type Entered =
  | { readonly kind: 'entered'; readonly cookies: readonly string[] }
  | { readonly kind: 'refused'; readonly code: FailureCode; readonly why: string }

type Proven = Extract<Redeemed, { kind: 'redeemed' }>

/** A person who is proven at a provider → a session, with the provider's tokens sealed beside it. `before`: the session that the sign-in began in. */
export async function enterWith(
  call: Call,
  provider: Provider,
  transaction: Transaction,
  proven: Proven,
  before: Claim | null,
): Promise<Entered> {
  const { head, parts, policy } = call
  const { person, tokens } = proven
  const cause = { ...causedBy(head), actor: browser(null, null) }
  const visitor = identify(before, null, policy.sessions, head.at)
  const shown = visitor.kind === 'known' ? visitor.session : null
  if (transaction.purpose === 'link' && shown === null) return { kind: 'refused', code: 'session_required', why: 'session_over' }
  const admission =
    transaction.purpose === 'link' && shown !== null
      ? await parts.providers.identities.link(person, provider, shown.account, cause)
      : await parts.providers.identities.admit(person, provider, cause)
  if (admission.kind === 'refused') return { ...admission, code: codeOf(admission) }
  const { account } = admission
  // What the provider does not say was not just done: a fresh factor is demanded again where it is needed (ASVS 6.8.4).
  const factors = [{ kind: 'oidc', at: Math.min(person.authenticatedAt ?? 0, head.at) }] as const
  const begun = await beginSession(call, { account, factors, shown, device: parts.devices.open(head) })
  if (begun.kind === 'refused') return { ...begun, why: begun.code }
  const { session } = begun
  const facts = { session: session.id, provider: provider.name, issuer: person.issuer, subject: person.subject, sid: person.sid }
  const content = {
    refreshToken: tokens.refreshToken,
    idToken: tokens.idToken,
    access: { [targetKey(null)]: { value: tokens.accessToken, type: tokens.type, expiresAt: tokens.expiresAt ?? head.at + ASSUMED_MS } },
  }
  const grantCookie = await parts.providers.grants.start({ ...facts, expiresAt: session.createdAt + policy.sessions.absoluteMs }, content)
  const actor = browser(account.name, parts.label(session.id))
  const detail = { factor: 'oidc', provider: provider.name, ...(person.acr === null ? {} : { acr: person.acr }) }
  parts.audit.note(auditEvent({ ...cause, actor, kind: 'login.succeeded', target: account.name, detail }))
  return { kind: 'entered', cookies: [...begun.cookies, grantCookie] }
}

/** RFC 6749 §5.1 only recommends `expires_in`. */
const ASSUMED_MS = 5 * 60_000

function codeOf({ why }: Extract<Admission, { kind: 'refused' }>): FailureCode {
  return why === 'taken' ? 'identity_taken' : 'sign_in_refused'
}
