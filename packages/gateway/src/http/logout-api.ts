import type { Answer } from '../answer.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import { GRANT_COOKIE, readCookie, SESSION_COOKIE, VISIT_COOKIE } from '../decide/cookies.ts'
import type { HeaderField } from '../decide/headers.ts'
import { nextPath } from '../decide/next.ts'
import { clearCookie } from './clear-cookie.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'
import { endGrant } from './end-grant.ts'
import { bodyKind } from './fields.ts'
import { onwardPage } from './pages/onward.ts'
import { cookieLines, goTo, refuse, sayJson, sayNothing, sayPage } from './say.ts'
import { visitorOf } from './visitor.ts'

/** `POST /auth/logout`: ends the session on the server, then in the browser. 204, or 303 to the sign-in page (or `next`) for a form; again and again. Where the session came from a provider: also where to sign out there. */
export async function submitLogout(call: Call): Promise<Answer> {
  const { head, parts, page } = call
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const landing = nextPath(new URLSearchParams(head.query).get('next') ?? `${page.basePath}/login`, page.basePath, [
    `${page.basePath}/login`,
  ])
  let onward: string | null = null
  if (visitor.kind === 'known') {
    const { session } = visitor
    await ask(() => parts.sessions.end(session, head.at, 'logout'))
    const actor = browser(session.name, parts.label(session.id))
    // The session is over whatever happens now; an event that the trail cannot take yet stays in its queue.
    await parts.audit
      .commit(auditEvent({ ...causedBy(head), kind: 'logout', actor, target: session.name }))
      .catch((cause: unknown) => parts.observer.failure(head, cause))
    onward = await endGrant(call, session, landing)
  }
  const shown = [SESSION_COOKIE, VISIT_COOKIE, GRANT_COOKIE].filter(
    (name) => name === SESSION_COOKIE || readCookie(head.headers, name).kind !== 'absent',
  )
  const more = [...cookieLines(shown.map(clearCookie)), FORGET]
  if (onward !== null) return await leadOn(call, onward, more)
  return isForm(call) ? goTo(landing, more) : sayNothing(more)
}

/** Signing out at the provider, too: a script is told where, a person is led there. */
async function leadOn(call: Call, location: string, more: readonly HeaderField[]): Promise<Answer> {
  const { onward } = call.page.texts
  if (isForm(call)) return sayPage(200, await onwardPage(call.page, { to: location, title: onward.signedOut, label: onward.button }), more)
  const answer = sayJson(200, { location })
  return { ...answer, headers: [...answer.headers, ...more] }
}

/** What the site kept in this browser. Never `"cookies"`: that deletes the cookies of sibling hosts, too (Clear-Site-Data §3.1). */
const FORGET: HeaderField = ['clear-site-data', '"cache", "storage"']

function isForm({ head }: Call): boolean {
  const mode = head.headers.get('sec-fetch-mode')
  return mode === null ? bodyKind(head) === 'form' : mode === 'navigate'
}
