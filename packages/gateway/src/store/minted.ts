import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** A credential that is minted elsewhere for a while, sealed; and who is minting the next one. Times are 0 where there is none. */
export interface MintedRow {
  /** `ck1.…`; null when there is none. */
  readonly sealed: string | null
  readonly expiresAt: Instant
  /** From then on it is worth asking for the next one. */
  readonly refreshAt: Instant
  /** Until then nobody asks again: the last attempt failed. */
  readonly failedUntil: Instant
  readonly holder: string | null
  readonly leaseUntil: Instant
}

/** Hot. One minter at a time, in whatever process it is. */
export interface MintStore {
  find(key: string): Awaitable<MintedRow | null>
  /** True when nobody else holds the lease, or when it has ended: a holder that died is survived. */
  lease(key: string, holder: string, at: Instant, until: Instant): Awaitable<boolean>
  /** Writes what came of it and gives the lease back; false, and nothing is written, when it is no longer the holder's. */
  settle(key: string, holder: string, change: Pick<MintedRow, 'sealed' | 'expiresAt' | 'refreshAt' | 'failedUntil'>): Awaitable<boolean>
  /** Deletes every key that begins so. */
  forget(prefix: string): Awaitable<void>
}
