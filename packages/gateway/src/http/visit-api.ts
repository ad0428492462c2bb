import type { Answer } from '../answer.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import { readCookie, VISIT_COOKIE } from '../decide/cookies.ts'
import { visitSpreadHit, visitStartHit } from '../decide/decide.ts'
import { countAttempt } from '../account/throttle.ts'
import type { Call } from './endpoint.ts'
import { cookieLines, refuse, sayNothing } from './say.ts'

/** `POST /auth/visit`: begins an anonymous visit for a page that the gateway does not serve itself. 204; nothing new for one who has a visit. */
export async function beginVisit(call: Call): Promise<Answer> {
  const { head, policy, parts } = call
  if (!policy.apis.some((api) => api.access.kind === 'visitor')) return await refuse(call, 'not_found')
  const cookie = readCookie(head.headers, VISIT_COOKIE)
  if (cookie.kind === 'many') return await refuse(call, 'duplicate_cookie')
  if (cookie.kind === 'one' && parts.visits.open(cookie.value, head.at) !== null) return sayNothing()
  const hits = [visitStartHit(head, policy), visitSpreadHit(head, policy)].filter((hit) => hit !== null)
  const retryAfterMs = await countAttempt(parts.counters, hits, head.at)
  if (retryAfterMs !== null) return await refuse(call, 'too_many_attempts', { retryAfterMs })
  const { visit, setCookie } = parts.visits.start(head.at)
  parts.audit.note(auditEvent({ ...causedBy(head), kind: 'visit.started', actor: browser(null, visit.id.slice(0, 8)) }))
  return sayNothing(cookieLines([setCookie]))
}
