import { isShown } from '../account/factors.ts'
import type { Shown } from '../account/step-up.ts'
import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import type { Session } from '../decide/session.ts'
import type { FailureCode } from '../errors.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'
import { type BodyKind, readFields } from './fields.ts'
import { landing } from './own-pages.ts'
import { ceremonyOf } from './passkey-api.ts'
import { stepUpPage } from './pages/step-up.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage } from './say.ts'
import { sessionView } from './session-api.ts'
import { failureText } from './texts/pick.ts'
import { strangerAnswer } from './stranger.ts'
import { visitorOf } from './visitor.ts'
import { waitingTime } from './waiting-time.ts'

/** `GET /auth/step-up`: the page; a stranger signs in instead, which is as fresh. */
export async function showStepUp(call: Call): Promise<Answer> {
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const next = landing(call, new URLSearchParams(call.head.query).get('next'))
  if (visitor.kind !== 'known') return strangerAnswer(call, next)
  return sayPage(200, await page(call, visitor.session, next, [], false))
}

/** `POST /auth/step-up`: JSON `{password}`, `{code}` or `{passkey}` → 200 with the session's view; the page's form → 303 to `next`. The session goes on under a new identifier (SES-04). */
export async function submitStepUp(call: Call): Promise<Answer> {
  const { head, parts, policy } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const shown = shownIn(read.fields, ceremonyOf(call))
  if (shown === null) return await refuse(call, 'body_unreadable')
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const next = landing(call, read.fields.get('next') ?? null)
  if (visitor.kind !== 'known') return strangerAnswer(call, next)
  const { session, roles } = visitor
  const sent = { from: read.from, session, next }
  const cause = { ...causedBy(head), actor: browser(session.name, parts.label(session.id)) }
  const outcome = await parts.stepUp(session, shown, cause)
  switch (outcome.kind) {
    case 'closed':
      return strangerAnswer(call, next)
    case 'refused':
      return await again(call, sent, outcome.code)
    case 'throttled':
      return await again(call, sent, 'too_many_attempts', outcome.retryAfterMs)
    case 'proven': {
      const rotated = await ask(() => parts.sessions.rotate(session, head.at, outcome.factors))
      // It was ended while the proof was checked: it does not come back.
      if (rotated === null) return strangerAnswer(call, next)
      if (read.from === 'form') return goTo(next, cookieLines([rotated.setCookie]))
      return sayJson(200, sessionView(rotated.session, roles, policy.sessions), [rotated.setCookie])
    }
  }
}

/** One proof, not several: which of them was meant would be a guess. */
function shownIn(fields: ReadonlyMap<string, string>, ceremony: string): Shown | null {
  const [password, code, passkey] = ['password', 'code', 'passkey'].map((field) => fields.get(field))
  if ([password, code, passkey].filter((field) => field !== undefined).length !== 1) return null
  if (password !== undefined) return { kind: 'password', password }
  return code === undefined ? { kind: 'passkey', ceremony, response: passkey ?? '' } : { kind: 'code', code }
}

interface SentForm {
  readonly from: BodyKind
  readonly session: Session
  readonly next: string
}

async function again(
  call: Call,
  { from, session, next }: SentForm,
  code: FailureCode,
  retryAfterMs: number | null = null,
): Promise<Answer> {
  const bare = problem(code, { request: call.head.id, retryAfterMs })
  if (from === 'json') return bare
  const { texts } = call.page
  const wait = retryAfterMs === null ? [] : [texts.tryAgainIn(waitingTime(retryAfterMs, texts.language))]
  const errors = [failureText(texts, code), ...wait]
  const kept = bare.headers.filter(([field]) => field === 'cloakroom-error' || field === 'retry-after')
  const isInvalid = code === 'password_wrong' || code === 'code_wrong'
  return sayPage(bare.status, await page(call, session, next, errors, isInvalid), kept)
}

async function page(call: Call, session: Session, next: string, errors: readonly string[], isInvalid: boolean): Promise<string> {
  const own = await call.parts.factors.list(session.account)
  const hasSecond = own.some(isShown)
  const hasPassword = (await call.parts.accounts.get(session.account))?.hasPassword === true
  const providers = hasSecond || hasPassword ? null : call.policy.providers
  const hasPasskey = own.some(({ kind }) => kind === 'passkey')
  return await stepUpPage(call.page, { account: session.name, next, errors, isInvalid, hasSecond, hasPasskey, providers })
}
