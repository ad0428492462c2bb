import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import { readCookie, RECOVERY_COOKIE } from '../decide/cookies.ts'
import type { Recovery } from '../account/recovery.ts'
import { isToken, LINK_MS } from '../account/reset-links.ts'
import { FAILURES } from '../errors.ts'
import { writeCookie } from '../session/cookie.ts'
import { clearCookie } from './clear-cookie.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { answerLogin } from './login-answer.ts'
import { forgotPage, linkMailedPage, outdatedLinkPage, resetPage } from './pages/recovery.ts'
import { problem } from './problem.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage } from './say.ts'
import { failureText } from './texts/pick.ts'
import { visitorOf } from './visitor.ts'
import { waitingTime } from './waiting-time.ts'

/** Null where nobody can be helped by mail: then these pages are not there. */
function recoveryOf({ parts, policy }: Call): Recovery | null {
  return policy.ownAccounts ? parts.recovery : null
}

/** `GET /auth/forgot`: where one asks for a link. */
export async function showForgot(call: Call): Promise<Answer> {
  return recoveryOf(call) === null ? await refuse(call, 'not_found') : sayPage(200, await forgotPage(call.page, []))
}

/** `POST /auth/forgot`: the same answer for every name, before anybody has looked it up (PWD-13). */
export async function submitForgot(call: Call): Promise<Answer> {
  const { head, page } = call
  const recovery = recoveryOf(call)
  if (recovery === null) return await refuse(call, 'not_found')
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const account = read.fields.get('account')
  if (account === undefined) return await refuse(call, 'body_unreadable')
  const cause = { ...causedBy(head), actor: browser(null, null) }
  const wait = await recovery.request(account, head.client, page.texts.language, cause)
  if (wait === null) return read.from === 'json' ? sayJson(202, { mailed: 'if known' }) : sayPage(200, await linkMailedPage(page, null))
  const bare = problem('too_many_attempts', { request: head.id, retryAfterMs: wait })
  if (read.from === 'json') return bare
  const errors = [failureText(page.texts, 'too_many_attempts'), page.texts.tryAgainIn(waitingTime(wait, page.texts.language))]
  const kept = bare.headers.filter(([field]) => field === 'cloakroom-error' || field === 'retry-after')
  return sayPage(bare.status, await forgotPage(page, errors), kept)
}

/**
 * `GET /auth/reset`: what the link opens. With the token in its address it does nothing but put it into a cookie and lead on to the same page
 * without it: no history, no log and no referrer has it, and a mail scanner that opens the link has used nothing up.
 */
export async function showReset(call: Call): Promise<Answer> {
  const { head, page } = call
  const recovery = recoveryOf(call)
  if (recovery === null) return await refuse(call, 'not_found')
  const token = new URLSearchParams(head.query).get('token')
  if (token !== null) {
    const kept = isToken(token) ? keepToken(token) : clearCookie(RECOVERY_COOKIE)
    return goTo(`${page.basePath}/reset`, cookieLines([kept]))
  }
  const cause = { ...causedBy(head), actor: browser(null, null) }
  const name = await recovery.look(tokenOf(call), cause)
  if (name === null) return await outdated(call)
  return sayPage(200, await resetPage(page, { account: name }))
}

/** `POST /auth/reset`: uses the link up and begins a login that leads to a new password. JSON `{token}`, or the cookie of `GET`. */
export async function submitReset(call: Call): Promise<Answer> {
  const { head } = call
  const recovery = recoveryOf(call)
  if (recovery === null) return await refuse(call, 'not_found')
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const token = read.fields.get('token') ?? tokenOf(call)
  const outcome = await recovery.begin(token, '/', { ...causedBy(head), actor: browser(null, null) })
  const gone = cookieLines([clearCookie(RECOVERY_COOKIE)])
  if (outcome === null)
    return read.from === 'json' ? problem('link_outdated', { request: head.id }) : withHeaders(await outdated(call), gone)
  const answer = await answerLogin(call, outcome, { from: read.from, name: '', next: '/', shown: null, progress: null })
  return withHeaders(answer, gone)
}

/** Lax: the link is opened from a mail program's website. */
function keepToken(token: string): string {
  return writeCookie({ name: RECOVERY_COOKIE, value: token, maxAgeMs: LINK_MS, sameSite: 'Lax' })
}

function tokenOf({ head }: Call): string {
  const cookie = readCookie(head.headers, RECOVERY_COOKIE)
  return cookie.kind === 'one' ? cookie.value : ''
}

async function outdated(call: Call): Promise<Answer> {
  return sayPage(FAILURES.link_outdated.status, await outdatedLinkPage(call.page), [['cloakroom-error', 'link_outdated']])
}

function withHeaders(answer: Answer, more: Answer['headers']): Answer {
  return { ...answer, headers: [...answer.headers, ...more] }
}
