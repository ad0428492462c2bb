import type { Instant } from './head.ts'
import type { CounterState, Meter } from './meter.ts'

/** A limit by GCRA (the leaky bucket as a meter, ITU-T I.371): `burst` at once, then one each `per / max` milliseconds. */
export interface Limit {
  readonly max: number
  readonly perMs: number
  /** How many may come at once; `max` when all of a window may. */
  readonly burst: number
}

/** One counter that a request touches. Keys are tuples, written with lengths, so that no two tuples share a key. */
export interface Hit {
  readonly key: string
  readonly limit: Limit
  /** The counter may be forgotten when it was not touched for so long. */
  readonly keepMs: number
  /** A signal of the guard: counted by its own meter instead of `limit`. */
  readonly signal?: SignalUse
}

export interface SignalUse {
  readonly meter: Meter
  /** 0 only reads. */
  readonly cost: number
  /** What was admitted before without asking the store. */
  readonly owed: number
  /** The value that is counted once. */
  readonly mark: string | null
  /** Counters of one group share a bound: past it those that would be forgotten first go. */
  readonly group: string
  readonly maxKeys: number
}

export interface Count {
  readonly key: string
  readonly over: boolean
  /** Until the next one would be admitted; 0 when it would be now. */
  readonly retryAfterMs: number
  /** Of a signal: what it says, and all that is kept of it. */
  readonly count?: number
  readonly state?: CounterState
}

/** A counter's whole state: the theoretical arrival time. */
export type Arrival = Instant

export interface Metered {
  readonly arrival: Arrival
  readonly over: boolean
  readonly retryAfterMs: number
}

/** Counts one arrival. A refused arrival changes nothing, so that hammering does not prolong the wait. */
export function meter(arrival: Arrival | null, limit: Limit, at: Instant): Metered {
  const interval = limit.perMs / limit.max
  const tolerance = interval * limit.burst
  // A clock that jumped back must not lock a visitor out for the length of the jump.
  const known = arrival === null || arrival - at > tolerance + limit.perMs ? at : Math.max(arrival, at)
  const next = known + interval
  const wait = next - tolerance - at
  return wait > ROUNDING_MS
    ? { arrival: known, over: true, retryAfterMs: Math.ceil(wait) }
    : { arrival: next, over: false, retryAfterMs: 0 }
}

/** `max` need not divide `perMs`: of seven an hour the seventh would fall to the rounding of the sum of sevenths. Times are whole milliseconds. */
const ROUNDING_MS = 0.5

/** From then on the counter says the same as none at all, or was not touched for so long that nobody asks. */
export function forgetAt(arrival: Arrival, keepMs: number, at: Instant): Instant {
  return Math.ceil(Math.min(arrival, at + keepMs))
}

/** `counterKey('login', account, address)`: parts cannot run into each other (CVE-2026-16158 class). */
export function counterKey(...parts: readonly string[]): string {
  return parts.map((part) => `${part.length}:${part}`).join('')
}
