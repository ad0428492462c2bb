import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** So many calls with one credential, by one route and somebody, within one day. */
export interface CredentialUse {
  readonly credential: string
  readonly route: string
  /** `account:ID`, `machine-key:NAME` or `jwt:SUBJECT`; empty: a visitor without an account. An id, so that no name is left when its account is erased. */
  readonly who: string
  /** Days since 1970, UTC. */
  readonly day: number
  readonly count: number
  readonly lastAt: Instant
}

/** Cold. Written seconds after the calls; losing the last moments loses a figure, nothing else. */
export interface UseStore {
  /** Adds to what is there for that day. */
  add(uses: readonly CredentialUse[]): Awaitable<void>
  /** Since that day, the most frequent first, at most `limit`: days are added up, `day` is the last one. */
  top(credential: string, sinceDay: number, limit: number): Awaitable<readonly CredentialUse[]>
  /** Whoever it was is nobody from now on. Returns how many rows. */
  forget(who: string): Awaitable<number>
  /** Forgets days before that one, at most SWEEP_ROWS. Returns how many. */
  sweep(beforeDay: number): Awaitable<number>
}
