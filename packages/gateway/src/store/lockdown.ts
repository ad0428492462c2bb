import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** While it is set, nothing reaches an API and nobody signs in, on every gateway of the store. */
export interface Lockdown {
  readonly since: Instant
  readonly reason: string
}

/** Durable. */
export interface LockdownStore {
  /** Cheap enough for every request. */
  read(): Awaitable<Lockdown | null>
  /** False when it is set already. Durable when it returns. */
  set(lockdown: Lockdown): Awaitable<boolean>
  /** False when it was not set. */
  lift(): Awaitable<boolean>
}
