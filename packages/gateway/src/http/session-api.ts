import type { SessionView } from '@cloakroom/contract'
import type { Answer } from '../answer.ts'
import { expiries, type Session } from '../decide/session.ts'
import type { SessionLimits } from '../decide/policy.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'
import { refuse, sayJson } from './say.ts'
import { visitorOf } from './visitor.ts'

/** `GET /auth/session`: is somebody signed in, who, until when? Counts as activity unless `?passive=1` says that nobody did anything. */
export async function showSession(call: Call): Promise<Answer> {
  const { head, policy, parts } = call
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind === 'stranger' && visitor.expired !== null && visitor.stale !== null) {
    const { expired, stale } = visitor
    await ask(() => parts.sessions.end(expired, head.at, stale))
  }
  if (visitor.kind !== 'known') return sayJson(200, { active: false } satisfies SessionView)
  const slides = visitor.touch && new URLSearchParams(head.query).get('passive') !== '1'
  if (slides) await ask(() => parts.sessions.touch(visitor.session.id, head.at))
  const session = slides ? { ...visitor.session, seenAt: head.at } : visitor.session
  return sayJson(200, sessionView(session, visitor.roles, policy.sessions))
}

/** What a page may know of its session. Never its identifier. */
export function sessionView(session: Session, roles: readonly string[], limits: SessionLimits): SessionView {
  const { absolute, idle } = expiries(session, limits)
  const iso = (at: number): string => new Date(at).toISOString()
  return { active: true, account: session.name, roles, expiresAt: iso(absolute), idleExpiresAt: iso(idle) }
}
