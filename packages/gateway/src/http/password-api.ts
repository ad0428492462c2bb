import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import { leastLength } from '../decide/password-policy.ts'
import { demandsSecondFactor, withFactor } from '../decide/freshness.ts'
import type { Visitor } from '../decide/session.ts'
import type { FailureCode } from '../errors.ts'
import { beginSession } from './begin-session.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { changePasswordPage } from './pages/change-password.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage } from './say.ts'
import { sessionView } from './session-api.ts'
import { failureText } from './texts/pick.ts'
import { strangerAnswer } from './stranger.ts'
import { visitorOf } from './visitor.ts'
import { waitingTime } from './waiting-time.ts'

/** `GET /auth/password`: the page; the sign-in page for a stranger. */
export async function showPassword(call: Call): Promise<Answer> {
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind !== 'known') return strangerAnswer(call, `${call.page.basePath}/password`)
  const { session } = visitor
  // Any link can say that it was changed; only a session that began with the change makes it so.
  const isDone = call.head.query === CHANGED && call.head.at - session.createdAt < NOTICE_MS
  const markup = await changePasswordPage(call.page, {
    account: session.name,
    least: least(call, visitor.roles),
    errors: [],
    wrong: null,
    isDone,
  })
  return sayPage(200, markup)
}

/** `POST /auth/password`: JSON `{currentPassword, newPassword}` → 200 with the new session's view; the page's form → 303. */
export async function submitPassword(call: Call): Promise<Answer> {
  const { head, parts, policy, page } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind !== 'known') return strangerAnswer(call, `${call.page.basePath}/password`)
  const { session } = visitor
  const [current, next, again] = ['currentPassword', 'newPassword', 'newPasswordAgain'].map((field) => read.fields.get(field))
  if (current === undefined || next === undefined) return await refuse(call, 'body_unreadable')
  const isForm = read.from === 'form'
  if (again !== undefined && again !== next)
    return await failed(call, visitor, isForm, { code: 'password_refused', why: page.texts.changePassword.differ })
  const cause = { ...causedBy(head), actor: browser(session.name, parts.label(session.id)) }
  const outcome = await parts.accounts.changePassword(session.account, current, next, cause)
  if (outcome.kind === 'throttled')
    return await failed(call, visitor, isForm, { code: 'too_many_attempts', retryAfterMs: outcome.retryAfterMs })
  if (outcome.kind === 'refused') {
    if (outcome.code === 'unknown_account') return strangerAnswer(call, `${call.page.basePath}/password`)
    const code = outcome.code === 'password_wrong' ? outcome.code : 'password_refused'
    return await failed(call, visitor, isForm, { code, why: page.texts.refusals[outcome.code] ?? outcome.why })
  }
  const { account } = outcome
  // All sessions of the account are over by now, this one too: she goes on under a new identifier (SES-16).
  const device = parts.devices.open(head)
  const begun = await beginSession(call, {
    account,
    factors: withFactor(session.factors, { kind: 'password', at: head.at }),
    shown: null,
    device,
  })
  if (begun.kind === 'refused') return await refuse(call, begun.code)
  if (isForm) return goTo(`${page.basePath}/password?${CHANGED}`, cookieLines(begun.cookies))
  return sayJson(200, sessionView(begun.session, account.roles, policy.sessions), begun.cookies)
}

const CHANGED = 'changed'
const NOTICE_MS = 60_000

type Known = Extract<Visitor, { kind: 'known' }>

function least({ policy }: Call, roles: readonly string[]): number {
  return leastLength(demandsSecondFactor(policy.secondFactor, roles))
}

interface Failed {
  readonly code: FailureCode
  readonly why?: string
  readonly retryAfterMs?: number
}

async function failed(call: Call, { session, roles }: Known, isForm: boolean, { code, why, retryAfterMs = 0 }: Failed): Promise<Answer> {
  const wait = retryAfterMs === 0 ? {} : { retryAfterMs }
  const bare = problem(code, { request: call.head.id, ...wait, ...(why === undefined ? {} : { detail: why }) })
  if (!isForm) return bare
  const { texts } = call.page
  const errors =
    code === 'too_many_attempts'
      ? [failureText(texts, code), texts.tryAgainIn(waitingTime(retryAfterMs, texts.language))]
      : [why ?? failureText(texts, code)]
  const wrong = code === 'password_wrong' ? 'current' : code === 'password_refused' ? 'new' : null
  const markup = await changePasswordPage(call.page, { account: session.name, least: least(call, roles), errors, wrong, isDone: false })
  const kept = bare.headers.filter(([field]) => field === 'cloakroom-error' || field === 'retry-after')
  return sayPage(bare.status, markup, kept)
}
