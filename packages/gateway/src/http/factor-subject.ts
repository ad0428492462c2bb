import type { LoginProgress } from '../account/login-cookie.ts'
import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import { hasSecondFactor, isFresh } from '../decide/freshness.ts'
import type { Session } from '../decide/session.ts'
import type { Account } from '../store/store.ts'
import type { Cause } from '../account/accounts.ts'
import { isShown } from '../account/factors.ts'
import type { Call } from './endpoint.ts'
import { landing } from './own-pages.ts'
import { stepUpChallenge } from './render.ts'
import { goTo, refuse, wantsPage } from './say.ts'
import { strangerAnswer } from './stranger.ts'
import { visitorOf } from './visitor.ts'

/** Who may change an account's second factors: its fresh session, or a login that is at that very step. */
export type FactorSubject =
  | { readonly kind: 'session'; readonly owner: Owner; readonly session: Session; readonly roles: readonly string[]; readonly cause: Cause }
  | { readonly kind: 'login'; readonly owner: Owner; readonly account: Account; readonly progress: LoginProgress; readonly cause: Cause }
  | { readonly kind: 'answer'; readonly answer: Answer }

interface Owner {
  readonly id: string
  readonly name: string
}

/** SES-20: what decides who can get in is changed only right after a proof. */
export const FRESH_MS = 300_000

export async function factorSubject(call: Call): Promise<FactorSubject> {
  const { head, parts, page } = call
  const progress = parts.loginCookies.open(head)
  if (progress?.state.step === 'enrol') {
    const account = await parts.login.resume(progress)
    if (account !== null)
      return { kind: 'login', owner: account, account, progress, cause: { ...causedBy(head), actor: browser(account.name, null) } }
  }
  const visitor = await visitorOf(call)
  if (visitor === null) return { kind: 'answer', answer: await refuse(call, 'duplicate_cookie') }
  if (visitor.kind !== 'known') return { kind: 'answer', answer: strangerAnswer(call, `${call.page.basePath}/factors`) }
  const { session, roles } = visitor
  // MFA-23: what the account can show at its best must have been shown, or a stolen password would add a factor of its own.
  const hasSecond = (await parts.factors.list(session.account)).some(isShown)
  if (!isFresh(session, FRESH_MS, head.at) || (hasSecond && !hasSecondFactor(session))) {
    // Whoever was led here because this session lacks what the account has goes back to where he was.
    const wanted = hasSecond && !hasSecondFactor(session) ? new URLSearchParams(head.query).get('next') : null
    const here = head.method === 'POST' ? `${page.basePath}/factors` : head.path
    const next = wanted === null ? here : landing(call, wanted)
    const answer = wantsPage(head)
      ? goTo(`${page.basePath}/step-up?next=${encodeURIComponent(next)}`)
      : stepUpChallenge(FRESH_MS, head, call.policy)
    return { kind: 'answer', answer }
  }
  const cause = { ...causedBy(head), actor: browser(session.name, parts.label(session.id)) }
  return { kind: 'session', owner: { id: session.account, name: session.name }, session, roles, cause }
}
