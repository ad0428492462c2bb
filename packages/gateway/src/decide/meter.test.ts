import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Arrivals, type CounterState, type Meter, tally, windowOf } from './meter.ts'

const AT = 1_767_225_600_000
const one: Arrivals = { cost: 1, owed: 0, mark: null }

/** Runs a schedule of gaps; the times that were not over. */
function admitted(meter: Meter, gaps: readonly number[], arrivals: (n: number) => Arrivals = () => one): readonly number[] {
  let state: CounterState | null = null
  let at = AT
  const times: number[] = []
  for (const [n, gap] of gaps.entries()) {
    at += gap
    const counted = tally(meter, state, arrivals(n), at)
    ;({ state } = counted)
    if (!counted.over) times.push(at)
    if (counted.over) expect(counted.retryAfterMs).toBeGreaterThan(0)
  }
  return times
}

/** The most that any window of that length holds. */
function mostWithin(times: readonly number[], perMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((time) => time >= from && time < from + perMs).length))
}

const gaps = fc.array(fc.oneof(fc.nat(50), fc.nat(2000), fc.constant(0)), { maxLength: 300 })

describe('RATE-01 counters against a model, over any schedule', () => {
  test('gcra: never more than the limit of a window and the burst', () => {
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 100, max: 10_000 }),
        (all, max, burst, perMs) => {
          const times = admitted({ kind: 'gcra', max, perMs, burst }, all)
          expect(mostWithin(times, perMs)).toBeLessThanOrEqual(max + burst)
        },
      ),
    )
  })

  test('gcra: an even stream below the limit is never over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (max, burst) => {
        const gap = Math.ceil(1000 / max)
        expect(
          admitted(
            { kind: 'gcra', max, perMs: 1000, burst },
            Array.from({ length: 100 }, () => gap),
          ),
        ).toHaveLength(100)
      }),
    )
  })

  test('sum of ones: the twenty-first within a minute is over, the twentieth is not', () => {
    const meter: Meter = { kind: 'sum', perMs: 60_000, max: 20, admitted: true }
    expect(
      admitted(
        meter,
        Array.from({ length: 40 }, () => 1000),
      ),
    ).toHaveLength(20)
  })

  test('sum of ones: never more than twice the limit in a window, and exactly it when they come at once', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 50 }), (all, max) => {
        const meter: Meter = { kind: 'sum', perMs: 1000, max, admitted: true }
        expect(mostWithin(admitted(meter, all), 1000)).toBeLessThanOrEqual(2 * max)
        expect(
          admitted(
            meter,
            Array.from({ length: 200 }, () => 0),
          ).length,
        ).toBe(Math.min(200, max))
      }),
    )
  })

  test('distinct: as many different values as a set of the window holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(800), fc.nat(6)), { maxLength: 100 }), fc.integer({ min: 1, max: 5 }), (all, max) => {
        let state: CounterState | null = null
        let at = AT
        const seen: { readonly at: number; readonly mark: number }[] = []
        for (const [gap, mark] of all) {
          at += gap
          seen.push({ at, mark })
          const counted = tally({ kind: 'distinct', max, perMs: 1000 }, state, { cost: 1, owed: 0, mark }, at)
          ;({ state } = counted)
          const model = new Set(seen.filter((entry) => at - entry.at < 1000).map((entry) => entry.mark)).size
          expect(counted.over).toBe(model > max)
          if (model <= max) expect(counted.count).toBe(model)
          expect(state.marks.length).toBeLessThanOrEqual(2 * (max + 1))
        }
      }),
    )
  })

  test('leaky: over exactly while a bucket of that size overflows', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 10, max: 3000 }), (all, capacity, leakMs) => {
        let level = 0
        let state: CounterState | null = null
        let at = AT
        for (const gap of all) {
          at += gap
          level = Math.min(capacity + 1, Math.max(0, level - gap / leakMs) + 1)
          const counted = tally({ kind: 'leaky', capacity, leakMs, distinct: false, blackholeMs: 0 }, state, one, at)
          ;({ state } = counted)
          expect(counted.count).toBeCloseTo(level, 6)
          if (Math.abs(level - capacity) > 1e-6) expect(counted.over).toBe(level > capacity)
        }
      }),
    )
  })

  test('decay: halves in its half-life', () => {
    const meter: Meter = { kind: 'decay', halfLifeMs: 1000, max: 10 }
    const { state } = tally(meter, null, { cost: 16, owed: 0, mark: null }, AT)
    expect(tally(meter, state, { cost: 0, owed: 0, mark: null }, AT + 1000)).toMatchObject({ count: 8, over: false })
    expect(tally(meter, state, { cost: 0, owed: 0, mark: null }, AT)).toMatchObject({ over: true, retryAfterMs: 679 })
  })
})

test('a bucket of different values: the same path again and again never fills it, and a scanner stays out after it stopped', () => {
  const meter: Meter = { kind: 'leaky', capacity: 10, leakMs: 10_000, distinct: true, blackholeMs: 300_000 }
  expect(
    admitted(
      meter,
      Array.from({ length: 5000 }, () => 10),
      (n) => ({ cost: 1, owed: 0, mark: n % 8 }),
    ),
  ).toHaveLength(5000)
  let state: CounterState | null = null
  for (let n = 0; n < 20; n += 1) ({ state } = tally(meter, state, { cost: 1, owed: 0, mark: n }, AT + n))
  const read = (at: number) => tally(meter, state, { cost: 0, owed: 0, mark: null }, at).over
  expect([read(AT + 60_000), read(AT + 299_000), read(AT + 301_000)]).toEqual([true, true, false])
})

test('a clock that jumps back by a day costs nobody more than one window', () => {
  for (const meter of [
    { kind: 'gcra', max: 10, perMs: 1000, burst: 10 },
    { kind: 'leaky', capacity: 10, leakMs: 100, distinct: false, blackholeMs: 1000 },
    { kind: 'sum', perMs: 1000, max: 10, admitted: true },
    { kind: 'decay', halfLifeMs: 1000, max: 10 },
  ] satisfies readonly Meter[]) {
    let state: CounterState | null = null
    for (let n = 0; n < 30; n += 1) ({ state } = tally(meter, state, one, AT))
    const back = AT - 86_400_000
    ;({ state } = tally(meter, state, one, back))
    expect([meter.kind, tally(meter, state, one, back + 4 * windowOf(meter)).over]).toEqual([meter.kind, false])
  }
})
