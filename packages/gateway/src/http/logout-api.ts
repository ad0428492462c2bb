import type { Answer } from '../answer.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import { readCookie, SESSION_COOKIE, VISIT_COOKIE } from '../decide/cookies.ts'
import type { HeaderField } from '../decide/headers.ts'
import { clearCookie } from './clear-cookie.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'
import { bodyKind } from './fields.ts'
import { cookieLines, goTo, refuse, sayNothing } from './say.ts'
import { visitorOf } from './visitor.ts'

/** `POST /auth/logout`: ends the session on the server, then in the browser. 204, or 303 to the sign-in page for a form; again and again. */
export async function submitLogout(call: Call): Promise<Answer> {
  const { head, parts, page } = call
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind === 'known') {
    const { session } = visitor
    await ask(() => parts.sessions.end(session, head.at, 'logout'))
    const actor = browser(session.name, parts.label(session.id))
    // The session is over whatever happens now; an event that the trail cannot take yet stays in its queue.
    await parts.audit
      .commit(auditEvent({ ...causedBy(head), kind: 'logout', actor, target: session.name }))
      .catch((cause: unknown) => parts.observer.failure(head, cause))
  }
  const shown = [SESSION_COOKIE, VISIT_COOKIE].filter((name) => name === SESSION_COOKIE || readCookie(head.headers, name).kind !== 'absent')
  const more = [...cookieLines(shown.map(clearCookie)), FORGET]
  return isForm(call) ? goTo(`${page.basePath}/login`, more) : sayNothing(more)
}

/** What the site kept in this browser. Never `"cookies"`: that deletes the cookies of sibling hosts, too (Clear-Site-Data §3.1). */
const FORGET: HeaderField = ['clear-site-data', '"cache", "storage"']

function isForm({ head }: Call): boolean {
  const mode = head.headers.get('sec-fetch-mode')
  return mode === null ? bodyKind(head) === 'form' : mode === 'navigate'
}
