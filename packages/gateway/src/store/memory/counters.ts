import { forgetAt, meter, type Arrival } from '../../decide/counters.ts'
import type { Instant } from '../../decide/head.ts'
import { SWEEP_ROWS, type CounterStore } from '../store.ts'

interface Counter {
  readonly arrival: Arrival
  readonly forgetAt: Instant
}

/** CounterStore in one map of at most `most` counters. Past that the one that was touched longest ago is forgotten. */
export function memoryCounters(most: number): CounterStore {
  const counters = new Map<string, Counter>()
  return {
    add(hits, at) {
      return hits.map(({ key, limit, keepMs }) => {
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
      for (const key of keys) counters.delete(key)
    },
    sweep(at) {
      let swept = 0
      for (const [key, counter] of counters) {
        if (swept === SWEEP_ROWS) break
        if (counter.forgetAt <= at && counters.delete(key)) swept++
      }
      return swept
    },
  }
}
