import type { Instant } from '../decide/head.ts'
import type { AccountId } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** A link that was mailed: it lets whoever reads the account's mail choose a new password, once. */
export interface ResetRow {
  readonly account: AccountId
  /** SHA-256 of what stands in the link, base64url: the store never sees that itself. */
  readonly hash: string
  /** What the account was like: a link to one that has changed since is dead. */
  readonly stamp: string
  readonly expiresAt: Instant
}

/** Accounts of one mail address: a person has one or two. */
export const MOST_OF_ONE_MAIL = 5

/** Hot. Of an account the newest link only. */
export interface ResetStore {
  /** Replaces the account's earlier one. */
  put(row: ResetRow): Awaitable<void>
  find(hash: string): Awaitable<ResetRow | null>
  /** Finds and removes it: of several who show the same link one gets it. */
  take(hash: string): Awaitable<ResetRow | null>
  /** Removes at most SWEEP_ROWS that have ended; how many. */
  sweep(at: Instant): Awaitable<number>
}
