import { type Count, forgetAt, type Hit, meter, type Arrival, type SignalUse } from '../../decide/counters.ts'
import type { Instant } from '../../decide/head.ts'
import { type CounterState, tally } from '../../decide/meter.ts'
import { markOf } from '../mark.ts'
import { SWEEP_ROWS, type CounterStore } from '../store.ts'

interface Counter {
  readonly arrival: Arrival
  readonly forgetAt: Instant
}

/** CounterStore in one map of at most `most` counters. Past that the one that was touched longest ago is forgotten. */
export function memoryCounters(most: number): CounterStore {
  const counters = new Map<string, Counter>()
  const groups = new Map<string, Map<string, Kept>>()

  function addSignal({ key }: Hit, use: SignalUse, at: Instant): Count {
    let group = groups.get(use.group)
    if (group === undefined) groups.set(use.group, (group = new Map()))
    const mark = use.mark === null ? null : markOf(use.mark)
    const { state, over, count, retryAfterMs, endsAt } = tally(use.meter, group.get(key)?.state ?? null, { ...use, mark }, at)
    if (use.cost !== 0 || use.owed !== 0) {
      group.delete(key)
      group.set(key, { state, forgetAt: endsAt })
      for (const oldest of group.keys()) {
        if (group.size <= use.maxKeys) break
        group.delete(oldest)
      }
    }
    return { key, over, count, retryAfterMs, state }
  }

  return {
    add(hits, at) {
      return hits.map((hit) => {
        const { key, limit, keepMs, signal } = hit
        if (signal !== undefined) return addSignal(hit, signal, at)
        const metered = meter(counters.get(key)?.arrival ?? null, limit, at)
        // Deleted first, so that the map's order is the order of the last touch.
        counters.delete(key)
        counters.set(key, { arrival: metered.arrival, forgetAt: forgetAt(metered.arrival, keepMs, at) })
        for (const oldest of counters.keys()) {
          if (counters.size <= most) break
          counters.delete(oldest)
        }
        return { key, over: metered.over, retryAfterMs: metered.retryAfterMs }
      })
    },
    clear(keys) {
      for (const key of keys) {
        counters.delete(key)
        for (const group of groups.values()) group.delete(key)
      }
    },
    sweep(at) {
      let swept = 0
      for (const map of [counters, ...groups.values()]) {
        for (const [key, counter] of map) {
          if (swept === SWEEP_ROWS) break
          if (counter.forgetAt <= at && map.delete(key)) swept++
        }
      }
      return swept
    },
  }
}

interface Kept {
  readonly state: CounterState
  readonly forgetAt: Instant
}
