import type { Instant } from '../decide/head.ts'
import type { AccountId, Session } from '../decide/session.ts'

/** Which sessions a page holds. */
export interface SessionQuery {
  readonly limit: number
  readonly account?: AccountId
  readonly address?: string
  /** Of those that began at that moment or later. */
  readonly from?: Instant
  /** Of those that began before. */
  readonly before?: Instant
  /** Seen and authenticated later than this: others are over by time. */
  readonly seenAfter: Instant
  readonly authenticatedAfter: Instant
  /** The last one of the page before. */
  readonly after?: Pick<Session, 'id' | 'createdAt'>
}
