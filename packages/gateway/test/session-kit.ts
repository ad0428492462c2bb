import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import type { AuditEvent } from '@cloakroom/contract'
import { sessionLabels } from '../src/audit/event.ts'
import type { SessionLimits } from '../src/decide/policy.ts'
import { identify, type Session, type Visitor } from '../src/decide/session.ts'
import { createSessions, type Sessions, type SessionStart } from '../src/session/sessions.ts'
import { memoryStores } from '../src/store/memory.ts'
import type { SessionStore } from '../src/store/store.ts'

export const START = 1_780_000_000_000
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export interface SessionKit {
  readonly sessions: Sessions
  readonly store: SessionStore
  readonly events: readonly AuditEvent[]
  /** Signs in; the cookie's value and the session. Throws when it is refused. */
  readonly signIn: (
    change?: Partial<SessionStart>,
  ) => Promise<{ readonly cookie: string; readonly session: Session; readonly setCookie: string }>
  /** Who a request with this cookie is. */
  readonly visitor: (cookie: string, at: number) => Promise<Visitor>
}

/** Sessions on a store (in memory unless given), with every event kept. */
export function makeSessionKit(change: { readonly store?: SessionStore; readonly limits?: Partial<SessionLimits> } = {}): SessionKit {
  const store = change.store ?? memoryStores().sessions
  const limits: SessionLimits = { idleMs: 30 * MINUTE, absoluteMs: 12 * HOUR, perAccount: 10, onLimit: 'end-oldest', ...change.limits }
  const events: AuditEvent[] = []
  const audit = { note: (event: AuditEvent) => void events.push(event), commit: async (event: AuditEvent) => void events.push(event) }
  const label = sessionLabels(createSecretKey(createHash('sha256').update('labels').digest()))
  const sessions = createSessions({ store, limits: () => limits, audit, label, random: randomBytes })
  return {
    sessions,
    store,
    events,
    async signIn(change) {
      const started = await sessions.start(startOf(change))
      if (started.kind === 'refused') throw new Error(`refused: ${started.why}`)
      return { ...started, cookie: cookieOf(started.setCookie) }
    },
    visitor: async (cookie, at) => identify(await sessions.claim(cookie), null, limits, at),
  }
}

export function startOf(change: Partial<SessionStart> = {}): SessionStart {
  const factors = [{ kind: 'password', at: change.at ?? START }] as const
  return { account: 'a-1', name: 'ada', roles: ['staff'], factors, address: '192.0.2.7', agent: 'a browser', at: START, ...change }
}

/** The value in a Set-Cookie line. */
export function cookieOf(setCookie: string): string {
  return setCookie.slice(setCookie.indexOf('=') + 1, setCookie.indexOf(';'))
}
