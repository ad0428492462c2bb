import type { LoginProgress } from '../account/login-cookie.ts'
import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import { FAILURES } from '../errors.ts'
import type { Call } from './endpoint.ts'
import { type Fields, readFields } from './fields.ts'
import { answerLogin, endProgress, type SentStep, stepPage } from './login-answer.ts'
import { ceremonyOf } from './passkey-api.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, refuse, sayNothing, sayPage, wantsPage } from './say.ts'
import { visitorOf } from './visitor.ts'

/** `POST /auth/login/factor`: JSON `{code}` or `{passkey}` → 200 with the session's view or the next step; the page's form → 303, or the page again. */
export async function submitFactor(call: Call): Promise<Answer> {
  const begun = await begin(call)
  if (begun.kind === 'answer') return begun.answer
  const { fields, sent, progress, cause } = begun
  const [code, passkey] = [fields.get('code'), fields.get('passkey')]
  if ((code === undefined) === (passkey === undefined)) return await refuse(call, 'body_unreadable')
  if (passkey !== undefined)
    return await answerLogin(call, await call.parts.login.passkey(progress, ceremonyOf(call), passkey, cause), sent)
  if (code === undefined) return await refuse(call, 'body_unreadable')
  return await answerLogin(call, await call.parts.login.code(progress, code, cause), sent)
}

/** `POST /auth/login/password`: the new password that the owner demands; JSON `{newPassword}`. */
export async function submitNewPassword(call: Call): Promise<Answer> {
  const begun = await begin(call)
  if (begun.kind === 'answer') return begun.answer
  const { fields, sent, progress, cause } = begun
  const [next, again] = [fields.get('newPassword'), fields.get('newPasswordAgain')]
  if (next === undefined) return await refuse(call, 'body_unreadable')
  const account = await call.parts.login.resume(progress)
  if (account === null || progress.state.step !== 'new-password') {
    return await answerLogin(call, { kind: 'refused', code: 'login_outdated' }, sent)
  }
  const { texts } = call.page
  const differ = again !== undefined && again !== next
  const outcome = differ
    ? ({ kind: 'refused', code: 'password_refused', why: texts.changePassword.differ } as const)
    : await call.parts.accounts.replacePassword(account.id, next, progress.state.isRecovery === true ? 'recovery' : 'forced', cause)
  if (outcome.kind === 'refused') {
    const isSame = outcome.code === 'password_same'
    const why = isSame ? texts.newPassword.same : (texts.refusals[outcome.code] ?? outcome.why)
    const bare = problem('password_refused', { request: call.head.id, detail: why })
    const page = sent.from === 'json' ? null : await stepPage(call, progress, account.name, [why])
    return page === null ? bare : sayPage(FAILURES.password_refused.status, page, [['cloakroom-error', 'password_refused']])
  }
  if (outcome.kind === 'throttled') return await answerLogin(call, outcome, sent)
  const proven = await call.parts.login.prove(
    { ...progress, generation: outcome.generation },
    outcome.stored,
    { kind: 'new-password', holds: true },
    cause,
  )
  return await answerLogin(call, proven, sent)
}

/** `POST /auth/login/cancel`: forgets a login in progress. */
export async function cancelLogin(call: Call): Promise<Answer> {
  const cookies = cookieLines(endProgress(call))
  return wantsPage(call.head) ? goTo(`${call.page.basePath}/login`, cookies) : sayNothing(cookies)
}

type Begun =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'begun'
      readonly fields: Extract<Fields, { kind: 'fields' }>['fields']
      readonly progress: LoginProgress
      readonly sent: SentStep
      readonly cause: ReturnType<typeof causedBy> & { readonly actor: ReturnType<typeof browser> }
    }

/** What every further step needs: its fields, and the login that this browser began. */
async function begin(call: Call): Promise<Begun> {
  const { head, parts } = call
  const answer = (made: Answer): Begun => ({ kind: 'answer', answer: made })
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return answer(await refuse(call, read.code))
  const visitor = await visitorOf(call)
  if (visitor === null) return answer(await refuse(call, 'duplicate_cookie'))
  const shown = visitor.kind === 'known' ? visitor.session : null
  const progress = parts.loginCookies.open(head)
  const sent = { from: read.from, name: '', next: progress?.next ?? '/', shown, progress }
  if (progress === null) return answer(await answerLogin(call, { kind: 'refused', code: 'login_outdated' }, sent))
  return { kind: 'begun', fields: read.fields, progress, sent, cause: { ...causedBy(head), actor: browser(null, null) } }
}
