import { readCookie, SESSION_COOKIE } from '../decide/cookies.ts'
import { identify, isIdledOut, type Session, type Visitor } from '../decide/session.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'

/** The session that this browser shows and that ended for being idle, where the owner lets it go on; else null. */
export async function idledSession({ head, policy, parts }: Call): Promise<Session | null> {
  const cookie = policy.resumesIdle ? readCookie(head.headers, SESSION_COOKIE) : null
  if (cookie?.kind !== 'one') return null
  const claim = await ask(() => parts.sessions.claim(cookie.value))
  return claim !== null && isIdledOut(claim, policy.sessions, head.at) ? claim.session : null
}

/** Who called? Null when the session cookie came twice: neither is believed. Visits are not asked for: none opens anything here. */
export async function visitorOf({ head, policy, parts }: Call): Promise<Visitor | null> {
  const cookie = readCookie(head.headers, SESSION_COOKIE)
  if (cookie.kind === 'many') return null
  const claim = cookie.kind === 'one' ? await ask(() => parts.sessions.claim(cookie.value)) : null
  return identify(claim, null, policy.sessions, head.at)
}
