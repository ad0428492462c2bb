import type { Ban, BanWish } from '../decide/ban.ts'
import type { DecisionRecord } from '../decide/decision-record.ts'
import type { Instant, RequestId } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'

// The ports for what was decided about visitors; store.ts has the others.

/** The most bans that a store keeps. Past that the one that ends first makes room: a flood of strangers must not fill the disk. */
export const MOST_BANS = 100_000

/** Hot. */
export interface BanStore {
  /** The ban of this key: a new one, or, when one is in force already, that one unchanged, so that a burst counts once. Durable when it returns. */
  add(wish: BanWish): Awaitable<{ readonly ban: Ban; readonly isNew: boolean }>
  /** The ban as it is now; null when there is none in force of that id. Durable when it returns. */
  lift(id: string, at: Instant): Awaitable<Ban | null>
  /** Those in force, the one that ends first first. */
  list(at: Instant): Awaitable<readonly Ban[]>
  /** Changes whenever anybody, in this process or another, added or lifted a ban. Cheap enough for every request. */
  revision(): Awaitable<number>
  /** What was added or lifted after that revision, in order. */
  changedSince(revision: number): Awaitable<readonly Ban[]>
  /** Forgets those that lengthen no other any more, at most SWEEP_ROWS. Returns how many. */
  sweep(at: Instant): Awaitable<number>
}

export type PerVerdict<T> = Readonly<Record<DecisionRecord['verdict'], T>>

/** What was decided, for a while. Written after the answer, in batches; losing the last moments loses an explanation, nothing else. */
export interface DecisionStore {
  /** Keeps the newest `most` of each verdict. */
  append(records: readonly DecisionRecord[], most: PerVerdict<number>): Awaitable<void>
  find(request: RequestId): Awaitable<DecisionRecord | null>
  /** In order, those from `since` on that come after `last` of the page before; 0 for the first. */
  page(
    verdict: DecisionRecord['verdict'],
    since: Instant,
    after: number,
    limit: number,
  ): Awaitable<{ readonly records: readonly DecisionRecord[]; readonly last: number | null }>
  /** Forgets those of sessions of an account, by its name. Returns how many. */
  forget(account: string): Awaitable<number>
  /** Forgets those from before, at most SWEEP_ROWS. Returns how many. */
  sweep(before: PerVerdict<Instant>): Awaitable<number>
}
