import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { answerLogin, endProgress, stepPage, waysIn } from './login-answer.ts'
import { RECOVERY_COOKIE } from '../decide/cookies.ts'
import { clearCookie } from './clear-cookie.ts'
import { isRecovered } from './recovered.ts'
import { landing } from './own-pages.ts'
import { signedInPage } from './pages/signed-in.ts'
import { signInPage } from './pages/sign-in.ts'
import { cookieLines, goTo, refuse, sayPage } from './say.ts'
import { failureText } from './texts/pick.ts'
import { idledSession, visitorOf } from './visitor.ts'

/** `GET /auth/login`: the sign-in page, the step that a login is at, or "you are signed in". */
export async function showLogin(call: Call): Promise<Answer> {
  const query = new URLSearchParams(call.head.query)
  // An address ends up in histories, logs and referrers: who builds a link with a password must notice at once (PWD-19).
  if (query.has('password')) return await refuse(call, 'method_not_allowed', { allow: ['POST'] })
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const next = landing(call, query.get('next'))
  const errors: string[] = []
  const progress = call.parts.loginCookies.open(call.head)
  if (progress !== null) {
    const account = await call.parts.login.resume(progress)
    if (account !== null && progress.state.step === 'enrol') return goTo(`${call.page.basePath}/factors/totp`)
    const page = account === null ? null : await stepPage(call, progress, account.name, [])
    if (page !== null) return sayPage(200, page)
    errors.push(failureText(call.page.texts, 'login_outdated'))
  }
  const wasRecovered = isRecovered(call)
  const cookies = cookieLines([...endProgress(call), ...(wasRecovered ? [clearCookie(RECOVERY_COOKIE)] : [])])
  if (visitor.kind === 'known')
    return sayPage(
      200,
      await signedInPage(call.page, { account: visitor.session.name, next, hasProviders: call.policy.providers.length > 0 }),
      cookies,
    )
  const done = wasRecovered && errors.length === 0 ? call.page.texts.recovery.done : null
  return sayPage(200, await signInPage(call.page, { ...waysIn(call), account: '', next, errors, isInvalid: false, done }), cookies)
}

/** `POST /auth/login`: JSON `{account, password}` → 200 with the session's view or the next step; the page's form → 303, or the page again. */
export async function submitLogin(call: Call): Promise<Answer> {
  const { head, parts } = call
  if (!call.policy.ownAccounts) return await refuse(call, 'not_found')
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const [name, password] = [read.fields.get('account'), read.fields.get('password')]
  if (name === undefined || password === undefined) return await refuse(call, 'body_unreadable')
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const next = landing(call, read.fields.get('next') ?? null)
  const cause = { ...causedBy(head), actor: browser(null, null) }
  const outcome = await parts.authenticate(
    { name, password, address: head.client, device: parts.devices.open(head), idled: await idledSession(call), next },
    cause,
  )
  const shown = visitor.kind === 'known' ? visitor.session : null
  return await answerLogin(call, outcome, { from: read.from, name, next, shown, progress: null })
}
