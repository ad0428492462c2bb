import { readCookie, SESSION_COOKIE } from '../decide/cookies.ts'
import { identify, type Visitor } from '../decide/session.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'

/** Who called? Null when the session cookie came twice: neither is believed. Visits are not asked for: none opens anything here. */
export async function visitorOf({ head, policy, parts }: Call): Promise<Visitor | null> {
  const cookie = readCookie(head.headers, SESSION_COOKIE)
  if (cookie.kind === 'many') return null
  const claim = cookie.kind === 'one' ? await ask(() => parts.sessions.claim(cookie.value)) : null
  return identify(claim, null, policy.sessions, head.at)
}
