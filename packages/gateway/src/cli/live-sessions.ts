import type { Session } from '../decide/session.ts'
import type { OpenedSessions } from './open-sessions.ts'
import type { Opened } from './open.ts'

export interface LiveSession {
  readonly session: Session
  readonly label: string
}

/** The sessions that still count, the newest first. */
export async function findLiveSessions(
  { stores }: Opened,
  { sessions, label }: OpenedSessions,
  at: number,
): Promise<readonly LiveSession[]> {
  const found: LiveSession[] = []
  for (const account of await stores.accounts.list()) {
    for (const session of await sessions.list(account.id, at)) found.push({ session, label: label(session.id) })
  }
  return found.toSorted((a, b) => b.session.authenticatedAt - a.session.authenticatedAt)
}
