import type { SessionLimits } from '../decide/policy.ts'
import { staleness, type Session } from '../decide/session.ts'
import type { Opened } from './open.ts'

export interface LiveSession {
  readonly session: Session
  readonly label: string
}

/** More than a person reads; `session end --all` does not go by this list. */
const MOST = 10_000

/** The sessions that still count, the newest first. */
export async function findLiveSessions(
  { stores }: Opened,
  label: (id: string) => string,
  limits: SessionLimits,
  at: number,
): Promise<readonly LiveSession[]> {
  const found: LiveSession[] = []
  for (const session of await stores.sessions.listAll(MOST)) {
    const standing = await stores.sessions.standing(session.account)
    if (staleness({ session, standing }, limits, at) === null) found.push({ session, label: label(session.id) })
  }
  return found
}
