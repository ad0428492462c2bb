import type { Instant } from './head.ts'

/** How a signal counts. Milliseconds. */
export type Meter =
  /** `burst` at once, then one each `perMs / max`; an arrival over the limit does not count. */
  | { readonly kind: 'gcra'; readonly max: number; readonly perMs: number; readonly burst: number }
  /** A bucket that loses one each `leakMs`; over while it holds more than `capacity`, and for `blackholeMs` after. `distinct`: a value that is in it does not count again. */
  | {
      readonly kind: 'leaky'
      readonly capacity: number
      readonly leakMs: number
      readonly distinct: boolean
      readonly blackholeMs: number
    }
  /** Different values within the window; over beyond `max`. */
  | { readonly kind: 'distinct'; readonly max: number; readonly perMs: number }
  /** Halves in `halfLifeMs`; over beyond `max`. */
  | { readonly kind: 'decay'; readonly halfLifeMs: number; readonly max: number | null }
  /** The sum over a sliding window; over beyond `max`. `admitted`: what would go beyond is not added. */
  | { readonly kind: 'sum'; readonly perMs: number; readonly max: number | null; readonly admitted: boolean }

/** All that is kept of one counter. What the fields mean is the meter's: times, a level, values seen. */
export interface CounterState {
  /** Theoretical arrival (gcra), beginning of the window (sum), last change (the others). */
  readonly arrival: Instant
  readonly level: number
  /** The window before (sum); until when the bucket counts as over (leaky). */
  readonly before: number
  /** Marks of values: oldest first (leaky); mark, time, mark, time … (distinct). */
  readonly marks: readonly number[]
}

/** What is to be counted. `cost` 0 only reads. `owed` was admitted before without asking, and is added whatever the limit. */
export interface Arrivals {
  readonly cost: number
  readonly owed: number
  /** A number for the value that is counted once; null where none is. */
  readonly mark: number | null
}

export interface Counted {
  readonly state: CounterState
  readonly over: boolean
  readonly count: number
  /** Until it is not over any more; 0 when it is not. */
  readonly retryAfterMs: number
  /** From then on the state says the same as none at all. */
  readonly endsAt: Instant
}

/** Counts. Pure; clocks that jump back lose at most what one window holds, and never lock anybody out for the length of the jump. */
export function tally(meter: Meter, state: CounterState | null, arrivals: Arrivals, at: Instant): Counted {
  switch (meter.kind) {
    case 'gcra':
      return gcra(meter, state, arrivals, at)
    case 'leaky':
      return leaky(meter, state, arrivals, at)
    case 'distinct':
      return distinct(meter, state, arrivals, at)
    case 'decay':
      return decay(meter, state, arrivals, at)
    case 'sum':
      return sum(meter, state, arrivals, at)
  }
}

/** The limit that `count` is compared with; null when there is none. */
export function limitOf(meter: Meter): number | null {
  switch (meter.kind) {
    case 'gcra':
      return meter.burst
    case 'leaky':
      return meter.capacity
    case 'distinct':
    case 'decay':
    case 'sum':
      return meter.max
  }
}

export function windowOf(meter: Meter): number {
  switch (meter.kind) {
    case 'gcra':
      return (meter.perMs / meter.max) * meter.burst
    case 'leaky':
      return meter.leakMs * meter.capacity
    case 'distinct':
    case 'sum':
      return meter.perMs
    case 'decay':
      return meter.halfLifeMs
  }
}

type Of<K extends Meter['kind']> = Extract<Meter, { kind: K }>
type Known = CounterState | null

function gcra({ max, perMs, burst }: Of<'gcra'>, state: Known, { cost, owed }: Arrivals, at: Instant): Counted {
  const interval = perMs / max
  const tolerance = interval * burst
  const last = state?.arrival ?? at
  const farthest = at + tolerance + perMs
  // What is owed may go beyond the burst, but never so far that it would look like a clock that jumped.
  const known = last > farthest ? at : Math.min(Math.max(last, at) + owed * interval, farthest)
  const wait = known + Math.max(cost, 1) * interval - tolerance - at
  // A time of today has a quarter of a microsecond as its smallest step: sums of fractions of an interval must not cost an arrival.
  const over = wait > interval / 100
  const arrival = over ? known : known + cost * interval
  return {
    state: { arrival, level: 0, before: 0, marks: NONE },
    over,
    // An arrival that is over is the one too many.
    count: Math.round((arrival - at) / interval) + (over ? Math.max(cost, 1) : 0),
    retryAfterMs: over ? Math.ceil(wait) : 0,
    endsAt: Math.ceil(arrival),
  }
}

function leaky(
  { capacity, leakMs, distinct, blackholeMs }: Of<'leaky'>,
  state: Known,
  { cost, owed, mark }: Arrivals,
  at: Instant,
): Counted {
  const last = state === null ? at : sane(state.arrival, at, leakMs)
  const left = Math.max(0, (state?.level ?? 0) - Math.max(0, at - last) / leakMs)
  // What has leaked out is forgotten, the oldest first.
  const inside = distinct && left > 0 ? (state?.marks ?? NONE).slice(-Math.ceil(left)) : NONE
  const isKnown = distinct && mark !== null && inside.includes(mark)
  const added = (isKnown ? 0 : cost) + owed
  // Full is full: one more than it holds, or a flood would keep it over for hours.
  const level = Math.min(capacity + 1, left + added)
  const marks = distinct && mark !== null && added > 0 ? [...inside, mark].slice(-(capacity + 1)) : inside
  const until = Math.min(state?.before ?? 0, at + blackholeMs)
  const flows = level > capacity
  const before = flows && added > 0 ? at + blackholeMs : until
  const over = flows || before > at
  const wait = Math.max(flows ? (level - capacity) * leakMs : 0, before - at)
  return {
    state: { arrival: Math.max(last, at), level, before, marks },
    over,
    count: level,
    retryAfterMs: over ? Math.ceil(wait) : 0,
    endsAt: Math.ceil(Math.max(at + level * leakMs, before)),
  }
}

function distinct({ max, perMs }: Of<'distinct'>, state: Known, { cost, mark }: Arrivals, at: Instant): Counted {
  const kept: number[] = []
  const marks = state?.marks ?? NONE
  for (let place = 0; place + 1 < marks.length; place += 2) {
    const [seen = 0, time = 0] = [marks[place], marks[place + 1]]
    if (at - time < perMs && time - at <= perMs && !(cost > 0 && seen === mark)) kept.push(seen, time)
  }
  if (cost > 0 && mark !== null) kept.push(mark, at)
  const bounded = kept.slice(-2 * (max + 1))
  const count = bounded.length / 2
  const over = count > max
  const oldest = bounded[1] ?? at
  const newest = bounded.at(-1) ?? at
  return {
    state: { arrival: at, level: 0, before: 0, marks: bounded },
    over,
    count,
    retryAfterMs: over ? Math.max(1, Math.ceil(oldest + perMs - at)) : 0,
    endsAt: Math.ceil(newest + perMs),
  }
}

function decay({ halfLifeMs, max }: Of<'decay'>, state: Known, { cost, owed }: Arrivals, at: Instant): Counted {
  const last = state === null ? at : sane(state.arrival, at, halfLifeMs)
  const left = (state?.level ?? 0) * 2 ** (-Math.max(0, at - last) / halfLifeMs)
  const level = Math.max(0, left + cost + owed)
  const over = max !== null && level > max
  return {
    state: { arrival: Math.max(last, at), level, before: 0, marks: NONE },
    over,
    count: level,
    retryAfterMs: over ? Math.ceil(halfLifeMs * Math.log2(level / Math.max(max, TRACE))) : 0,
    endsAt: Math.ceil(at + (level > TRACE ? halfLifeMs * Math.log2(level / TRACE) : 0)),
  }
}

/** Two windows, the older one by the share of it that still counts: what the last `perMs` held, if it came evenly. */
function sum({ perMs, max, admitted }: Of<'sum'>, state: Known, { cost, owed }: Arrivals, at: Instant): Counted {
  let [start, level, before] = [state?.arrival ?? at, state?.level ?? 0, state?.before ?? 0]
  if (start - at > perMs || at - start >= 2 * perMs) [start, level, before] = [at, 0, 0]
  else if (at - start >= perMs) [start, level, before] = [start + perMs, 0, level]
  const share = 1 - Math.max(0, at - start) / perMs
  const beforehand = level + owed + before * share
  const wanted = Math.max(cost, admitted ? 1 : 0)
  const over = max !== null && beforehand + (admitted ? wanted : cost) > max + 1e-9
  const added = admitted && over ? 0 : cost
  const now = level + owed + added
  const wait = over && max !== null ? windowWait(perMs, max - (admitted ? wanted : 0), start, now, before, at) : 0
  return {
    state: { arrival: start, level: now, before, marks: NONE },
    over,
    count: beforehand + (admitted && over ? wanted : added),
    retryAfterMs: Math.ceil(wait),
    endsAt: Math.ceil(start + 2 * perMs),
  }
}

/** Until `level + before × share` has come down to `room`. */
function windowWait(perMs: number, room: number, start: Instant, level: number, before: number, at: Instant): number {
  if (level <= room && before > 0) return Math.max(1, start + perMs * (1 - (room - level) / before) - at)
  // Not in this window: in the next one, when enough of this one has gone by.
  return Math.max(1, start + perMs + perMs * (1 - Math.max(0, room) / Math.max(level, 1)) - at)
}

const NONE: readonly number[] = []
/** Below it a decaying level is nothing. */
const TRACE = 0.01

/** A time from the future by more than a window was written before the clock jumped back. */
function sane(last: Instant, at: Instant, windowMs: number): Instant {
  return last - at > windowMs ? at : last
}
