import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { counterKey, forgetAt, meter, type Arrival, type Limit } from './counters.ts'

const START = 1_780_000_000_000
const FIVE_PER_MINUTE: Limit = { max: 5, perMs: 60_000, burst: 5 }

/** How many of these arrivals are admitted, and the counter's state after them. */
function run(
  limit: Limit,
  times: readonly number[],
  from: Arrival | null = null,
): { readonly admitted: readonly number[]; readonly arrival: Arrival | null } {
  let arrival = from
  const admitted: number[] = []
  for (const at of times) {
    const metered = meter(arrival, limit, at)
    arrival = metered.arrival
    if (!metered.over) admitted.push(at)
  }
  return { admitted, arrival }
}

// Intervals in whole milliseconds: the properties then hold exactly.
const limits = fc
  .record({ interval: fc.integer({ min: 1, max: 10_000 }), max: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 30 }) })
  .map(({ interval, max, burst }): Limit => ({ max, perMs: interval * max, burst }))
const steps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 120 })
const timesOf = (gaps: readonly number[]): readonly number[] =>
  gaps.map(
    (
      (at) => (gap: number) =>
        (at += gap)
    )(START),
  )

describe('a limit', () => {
  test('admits its burst at once, then one per interval, and says how long to wait', () => {
    const { admitted, arrival } = run(
      FIVE_PER_MINUTE,
      Array.from({ length: 7 }, () => START),
    )
    expect(admitted).toHaveLength(5)
    expect(meter(arrival, FIVE_PER_MINUTE, START)).toMatchObject({ over: true, retryAfterMs: 12_000 })
    expect(meter(arrival, FIVE_PER_MINUTE, START + 11_999)).toMatchObject({ over: true, retryAfterMs: 1 })
    expect(meter(arrival, FIVE_PER_MINUTE, START + 12_000)).toMatchObject({ over: false, retryAfterMs: 0 })
  })

  test('admits its whole burst where the interval is no whole number of milliseconds', () => {
    for (let max = 1; max <= 200; max += 1) {
      const limit = { max, perMs: 3_600_000, burst: max }
      expect(
        run(
          limit,
          Array.from({ length: max + 5 }, () => START),
        ).admitted,
      ).toHaveLength(max)
    }
  })

  test('in no stretch of time admits more than burst + elapsed / interval', () => {
    fc.assert(
      fc.property(limits, steps, (limit, gaps) => {
        const interval = limit.perMs / limit.max
        const { admitted } = run(limit, timesOf(gaps))
        for (const [first, from] of admitted.entries()) {
          for (const [more, to] of admitted.slice(first).entries())
            expect(more + 1).toBeLessThanOrEqual(limit.burst + Math.floor((to - from) / interval))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('admits whoever keeps the interval, always', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 200 }), (limit, count) => {
        const interval = limit.perMs / limit.max
        expect(
          run(
            limit,
            Array.from({ length: count }, (_, n) => START + n * interval),
          ).admitted,
        ).toHaveLength(count)
      }),
    )
  })

  test('is not prolonged by hammering: a refused arrival changes nothing', () => {
    fc.assert(
      fc.property(limits, steps, (limit, gaps) => {
        const times = timesOf(gaps)
        const { admitted } = run(limit, times)
        expect(run(limit, admitted).admitted).toEqual(admitted)
        let arrival: Arrival | null = null
        for (const at of times) {
          const metered = meter(arrival, limit, at)
          if (metered.over) expect(metered.arrival).toBe(arrival)
          arrival = metered.arrival
        }
      }),
    )
  })

  test('admits whoever waits as long as it says, and nobody who waits a millisecond less', () => {
    fc.assert(
      fc.property(limits, steps, (limit, gaps) => {
        const times = timesOf(gaps)
        const { arrival } = run(limit, times)
        const at = times.at(-1) ?? START
        const { over, retryAfterMs } = meter(arrival, limit, at)
        if (!over) return
        expect(meter(arrival, limit, at + retryAfterMs).over).toBe(false)
        expect(meter(arrival, limit, at + retryAfterMs - 1).over).toBe(true)
      }),
    )
  })

  test('locks nobody out for longer than a window when the clock jumps back', () => {
    fc.assert(
      fc.property(limits, steps, fc.integer({ min: 0, max: 10 ** 12 }), (limit, gaps, jump) => {
        const times = timesOf(gaps)
        const { arrival } = run(limit, times)
        const { retryAfterMs } = meter(arrival, limit, (times.at(-1) ?? START) - jump)
        expect(retryAfterMs).toBeLessThanOrEqual(limit.perMs + limit.perMs / limit.max)
      }),
    )
  })
})

describe('a counter is forgotten', () => {
  test('when it says the same as none at all', () => {
    fc.assert(
      fc.property(limits, steps, fc.integer({ min: 0, max: 100_000 }), (limit, gaps, later) => {
        const times = timesOf(gaps)
        const { arrival } = run(limit, times)
        const at = forgetAt(arrival ?? START, Number.MAX_SAFE_INTEGER / 2, times.at(-1) ?? START) + later
        expect(meter(arrival, limit, at)).toEqual(meter(null, limit, at))
      }),
    )
  })

  test('when it was not touched for as long as it is kept', () => {
    expect(forgetAt(START + 900_000, 60_000, START)).toBe(START + 60_000)
    expect(forgetAt(START + 10.5, 60_000, START)).toBe(START + 11)
  })
})

test('no two lists of parts share a key', () => {
  const part = fc.string({ unit: fc.constantFrom('a', ':', '1', '2', ''), maxLength: 6 })
  const parts = fc.array(part, { maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (some, others) => {
      expect(counterKey(...some) === counterKey(...others)).toBe(JSON.stringify(some) === JSON.stringify(others))
    }),
    { numRuns: 2_000 },
  )
  // Chance seldom finds two lists that run into each other: here are some.
  const alike = [['a', 'b'], ['a:b'], ['a:', 'b'], ['a', ':b'], ['ab'], ['1:a', 'b'], ['1', 'a', 'b'], ['', 'a', 'b'], ['a', 'b', ''], []]
  expect(new Set(alike.map((each) => counterKey(...each))).size).toBe(alike.length)
  expect(counterKey('login', 'ada', '192.0.2.1')).not.toBe(counterKey('login', 'ad', 'a192.0.2.1'))
})
