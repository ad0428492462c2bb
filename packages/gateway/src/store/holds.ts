import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** A credential that is used for no call until a person allows it again. */
export interface Hold {
  readonly credential: string
  readonly since: Instant
  /** The rule that asked for it; null for a command. */
  readonly rule: string | null
  readonly reason: string | null
}

/** Durable. */
export interface HoldStore {
  /** By name. Cheap enough for every request. */
  all(): Awaitable<ReadonlyMap<string, Hold>>
  /** False when it is held already, which stays as it is. Durable when it returns. */
  add(hold: Hold): Awaitable<boolean>
  /** False when it was not held. */
  remove(credential: string): Awaitable<boolean>
}
