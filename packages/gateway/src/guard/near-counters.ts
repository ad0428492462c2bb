import type { Count, Hit } from '../decide/counters.ts'
import type { Instant } from '../decide/head.ts'
import { type Counted, type CounterState, limitOf, type Meter, tally, windowOf } from '../decide/meter.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import { markOf } from '../store/mark.ts'
import type { CounterStore } from '../store/store.ts'

export interface NearCountersOptions {
  readonly store: CounterStore
  readonly clock: Clock
  readonly later: Later
  /** Keys that are remembered here. */
  readonly most: number
  readonly onFailure: (cause: unknown) => void
}

/**
 * Counts next to the request and settles with the store: a counter asks it when a tenth of its limit has come in since, so that gateways on
 * one store differ by no more than that, and a request costs a lookup in memory. Counters without a limit that is far, and values that are
 * counted once, ask each time.
 */
export interface NearCounters extends CounterStore {
  /** Counts here alone: the store is silent, and the rules that read these signals allow it. What was counted is owed to the store. */
  local(hits: readonly Hit[], at: Instant): readonly Count[]
  /** Settles what is owed. */
  flush(): Promise<void>
  /** The last settlement; the store is still open. */
  close(): Promise<void>
}

/** At most so much of what was counted is lost when the process is killed, and of a limit never more than a tenth. */
const SETTLE_MS = 5_000
/** What another gateway counted is seen that much later at the latest. */
const FRESH_MS = 5_000
/** After a failure the store is left alone for so long: requests that may count locally do not wait for it. */
const SILENT_MS = 1_000
/** Two gateways on one store stay within it. */
const SLACK = 0.1
const SETTLE_BATCH = 500

interface Near {
  state: CounterState | null
  owed: number
  owedAt: Instant
  seenAt: Instant
  readonly hit: Hit
}

export function nearCounters({ store, clock, later, most, onFailure }: NearCountersOptions): NearCounters {
  const known = new Map<string, Near>()
  const dirty = new Map<string, Near>()
  let silentUntil = 0
  let callOff: (() => void) | null = null

  function add(hits: readonly Hit[], at: Instant): Awaitable<readonly Count[]> {
    let asks = false
    for (const hit of hits) if (!isNear(hit, at)) asks = true
    if (!asks) return hits.map((hit) => countNear(hit, at))
    if (at < silentUntil && at > silentUntil - 2 * SILENT_MS)
      throw new GateError('store_unavailable', 'the counters were silent a moment ago')
    // Once it is asked at all, everything is settled in the same round trip.
    const sent = hits.map((hit) => withOwed(hit, at))
    try {
      const counts = store.add(sent, at)
      return counts instanceof Promise
        ? counts.then(
            (all) => learn(sent, all, at),
            (cause: unknown) => failed(sent, at, cause),
          )
        : learn(sent, counts, at)
    } catch (cause) {
      return failed(sent, at, cause)
    }
  }

  function isNear({ key, signal }: Hit, at: Instant): boolean {
    if (signal === undefined) return false
    const near = known.get(key)
    if (near === undefined) return false
    if (signal.cost === 0) return Math.abs(at - near.seenAt) < FRESH_MS
    return signal.cost > 0 && near.owed + signal.cost <= slackOf(signal.meter)
  }

  function countNear(hit: Hit, at: Instant): Count {
    const near = known.get(hit.key) ?? { state: null, owed: 0, owedAt: at, seenAt: at, hit }
    const counted = tallyOf(hit, near.state, at)
    const { signal } = hit
    if (signal !== undefined && signal.cost !== 0) {
      near.state = counted.state
      if (!isRefused(signal.meter, counted)) owe(near, signal.cost, at)
      remember(hit.key, near)
    }
    return countOf(hit, counted)
  }

  function owe(near: Near, cost: number, at: Instant): void {
    near.owed = agedOwed(near, at) + cost
    near.owedAt = at
    dirty.set(near.hit.key, near)
    callOff ??= later(() => void flush(), SETTLE_MS)
  }

  function withOwed(hit: Hit, at: Instant): Hit {
    const near = hit.signal === undefined ? undefined : (known.get(hit.key) ?? dirty.get(hit.key))
    if (hit.signal === undefined || near === undefined || near.owed === 0) return hit
    const owed = agedOwed(near, at)
    near.owed = 0
    dirty.delete(hit.key)
    return { ...hit, signal: { ...hit.signal, owed } }
  }

  function learn(sent: readonly Hit[], counts: readonly Count[], at: Instant): readonly Count[] {
    for (const [place, hit] of sent.entries()) {
      const state = counts[place]?.state
      if (hit.signal === undefined || state === undefined) continue
      const near = known.get(hit.key) ?? { state, owed: 0, owedAt: at, seenAt: at, hit }
      // What came in while the store was asked is not in its answer yet.
      near.state = near.owed === 0 ? state : tally(hit.signal.meter, state, { cost: 0, owed: near.owed, mark: null }, at).state
      near.seenAt = at
      remember(hit.key, near)
    }
    return counts
  }

  function failed(sent: readonly Hit[], at: Instant, cause: unknown): never {
    silentUntil = at + SILENT_MS
    for (const hit of sent) {
      const owed = hit.signal?.owed ?? 0
      if (owed === 0) continue
      const near = known.get(hit.key) ?? { state: null, owed: 0, owedAt: at, seenAt: at, hit }
      owe(near, owed, at)
      remember(hit.key, near)
    }
    throw cause
  }

  function remember(key: string, near: Near): void {
    // Deleted first, so that the map's order is the order of the last touch.
    known.delete(key)
    known.set(key, near)
    for (const oldest of known.keys()) {
      if (known.size <= most) break
      known.delete(oldest)
    }
    if (dirty.size > most) void flush()
  }

  async function flush(): Promise<void> {
    callOff?.()
    callOff = null
    while (dirty.size > 0) {
      const batch = [...dirty.values()].slice(0, SETTLE_BATCH)
      const at = clock()
      const sent = batch.map(({ hit }) => withOwed(hit, at)).filter(({ signal }) => (signal?.owed ?? 0) !== 0)
      for (const { hit } of batch) dirty.delete(hit.key)
      try {
        learn(sent, await store.add(sent.map(onlyOwed), at), at)
      } catch (cause) {
        onFailure(cause)
        for (const { key, signal } of sent) {
          const near = known.get(key)
          if (near !== undefined && signal !== undefined) owe(near, signal.owed, clock())
        }
        return
      }
    }
  }

  return {
    add,
    local: (hits, at) => hits.map((hit) => countNear(hit, at)),
    flush,
    async clear(keys) {
      for (const key of keys) {
        known.delete(key)
        dirty.delete(key)
      }
      await store.clear(keys)
    },
    sweep: (at) => store.sweep(at),
    async close() {
      await flush()
      callOff?.()
    },
  }
}

/** What is still left of it: it leaks here as it would have in the store. */
function agedOwed({ owed, owedAt, hit }: Near, at: Instant): number {
  const meter = hit.signal?.meter
  const age = Math.max(0, at - owedAt)
  if (meter?.kind === 'decay') return owed * 2 ** (-age / meter.halfLifeMs)
  // The others leak evenly, together with what the store holds: only what is past any window is gone.
  return meter !== undefined && age > 2 * windowOf(meter) + SETTLE_MS ? 0 : owed
}

function onlyOwed(hit: Hit): Hit {
  return hit.signal === undefined ? hit : { ...hit, signal: { ...hit.signal, cost: 0, mark: null } }
}

function tallyOf(hit: Hit, state: CounterState | null, at: Instant): Counted {
  const { signal } = hit
  if (signal === undefined) throw new GateError('store_unavailable', 'a counter that only the store may keep')
  return tally(signal.meter, state, { cost: signal.cost, owed: 0, mark: signal.mark === null ? null : markOf(signal.mark) }, at)
}

function countOf({ key }: Hit, { over, count, retryAfterMs, state }: Counted): Count {
  return { key, over, count, retryAfterMs, state }
}

/** Was it over, and therefore not counted? */
function isRefused(meter: Meter, { over }: Counted): boolean {
  return over && (meter.kind === 'gcra' || (meter.kind === 'sum' && meter.admitted))
}

/** How much may come in before the store is asked. */
function slackOf(meter: Meter): number {
  // Of what is counted once, the values themselves would have to be settled.
  if (meter.kind === 'leaky' || meter.kind === 'distinct') return 0
  return (limitOf(meter) ?? Infinity) * SLACK
}
