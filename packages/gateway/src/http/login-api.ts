import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import type { Provider } from '../decide/provider.ts'
import { FAILURES, type FailureCode } from '../errors.ts'
import { beginSession } from './begin-session.ts'
import type { Call } from './endpoint.ts'
import { type BodyKind, readFields } from './fields.ts'
import { landing } from './own-pages.ts'
import { signedInPage } from './pages/signed-in.ts'
import { signInPage } from './pages/sign-in.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage } from './say.ts'
import { sessionView } from './session-api.ts'
import { visitorOf } from './visitor.ts'
import { waitingTime } from './waiting-time.ts'

/** `GET /auth/login`: the sign-in page, or "you are signed in". */
export async function showLogin(call: Call): Promise<Answer> {
  const query = new URLSearchParams(call.head.query)
  // An address ends up in histories, logs and referrers: who builds a link with a password must notice at once (PWD-19).
  if (query.has('password')) return await refuse(call, 'method_not_allowed', { allow: ['POST'] })
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const next = landing(call, query.get('next'))
  if (visitor.kind === 'known')
    return sayPage(
      200,
      await signedInPage(call.page, { account: visitor.session.name, next, hasProviders: call.policy.providers.length > 0 }),
    )
  return sayPage(200, await signInPage(call.page, { ...waysIn(call), account: '', next, errors: [], isInvalid: false }))
}

/** `POST /auth/login`: JSON `{account, password}` → 200 with the session view; the page's form → 303 to `next`, or the page again. */
export async function submitLogin(call: Call): Promise<Answer> {
  const { head, parts } = call
  if (!call.policy.ownAccounts) return await refuse(call, 'not_found')
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const [name, password] = [read.fields.get('account'), read.fields.get('password')]
  if (name === undefined || password === undefined) return await refuse(call, 'body_unreadable')
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const form = { from: read.from, name, next: landing(call, read.fields.get('next') ?? null) }
  const device = parts.devices.open(head)
  const cause = { ...causedBy(head), actor: browser(null, null) }
  const outcome = await parts.authenticate({ name, password, address: head.client, device }, cause)
  if (outcome.kind === 'refused') return await again(call, form, 'login_failed')
  if (outcome.kind === 'throttled') return await again(call, form, 'too_many_attempts', outcome.retryAfterMs)
  const shown = visitor.kind === 'known' ? visitor.session : null
  const begun = await beginSession(call, { ...outcome, shown, device })
  if (begun.kind === 'refused') return await again(call, form, begun.code)
  if (read.from === 'form') return goTo(form.next, cookieLines(begun.cookies))
  return sayJson(200, sessionView(begun.session, outcome.account.roles, call.policy.sessions), begun.cookies)
}

interface SentForm {
  readonly from: BodyKind
  readonly name: string
  readonly next: string
}

/** The same status, words and fields for a wrong password and for a name that does not exist (PWD-12). */
async function again(call: Call, { from, name, next }: SentForm, code: FailureCode, retryAfterMs: number | null = null): Promise<Answer> {
  const bare = problem(code, { request: call.head.id, retryAfterMs })
  if (from === 'json') return bare
  const isInvalid = code === 'login_failed'
  const errors = [FAILURES[code].title, ...adviceOn(code, retryAfterMs)]
  const kept = bare.headers.filter(([field]) => field === 'cloakroom-error' || field === 'retry-after')
  return sayPage(
    bare.status,
    await signInPage(call.page, { ...waysIn(call), account: name.slice(0, LONGEST_ECHO), next, errors, isInvalid }),
    kept,
  )
}

function adviceOn(code: FailureCode, retryAfterMs: number | null): readonly string[] {
  if (code === 'login_failed') return ['After many wrong tries, use a device on which you have signed in before.']
  return retryAfterMs === null ? [] : [`You can try again in ${waitingTime(retryAfterMs)}.`]
}

/** No name is longer; what is typed by mistake need not come back whole. */
const LONGEST_ECHO = 128

/** The buttons and fields of the sign-in page. */
function waysIn({ policy: { providers, ownAccounts } }: Call): { providers: readonly Provider[]; ownAccounts: boolean } {
  return { providers, ownAccounts }
}
