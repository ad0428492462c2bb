import { describe, expect, test } from 'vitest'
import type { Hit, SignalUse } from '../../src/decide/counters.ts'
import type { Meter } from '../../src/decide/meter.ts'
import type { CounterStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

const METERS: readonly Meter[] = [
  { kind: 'gcra', max: 10, perMs: 10_000, burst: 3 },
  { kind: 'leaky', capacity: 3, leakMs: 1000, distinct: false, blackholeMs: 0 },
  { kind: 'leaky', capacity: 3, leakMs: 1000, distinct: true, blackholeMs: 5000 },
  { kind: 'distinct', max: 3, perMs: 10_000 },
  { kind: 'decay', halfLifeMs: 1000, max: 3 },
  { kind: 'sum', perMs: 10_000, max: 3, admitted: true },
]

export function hitOf(meter: Meter, key: string, use: Partial<SignalUse> = {}): Hit {
  const signal = { meter, cost: 1, owed: 0, mark: null, group: 'g', maxKeys: 1000, ...use }
  return { key, limit: { max: 1, perMs: 1, burst: 1 }, keepMs: 1, signal }
}

/** The guard's signals: the same meters on every store, read without being counted, bounded by group. */
export function signalsConform(store: () => CounterStore): void {
  describe.each(
    METERS.map((meter) => [`${meter.kind}${'distinct' in meter && meter.distinct ? ' of different values' : ''}`, meter] as const),
  )('%s', (_name, meter) => {
    let next = 0
    const count = async (key: string, at: number, use: Partial<SignalUse> = {}) => {
      const [counted] = await store().add([hitOf(meter, key, { mark: `value ${next++}`, ...use })], at)
      if (counted === undefined) throw new Error('no count')
      return counted
    }

    test('is over after three, and says until when', async () => {
      const overs: boolean[] = []
      for (let n = 0; n < 5; n += 1) overs.push((await count('a', AT)).over)
      expect(overs).toEqual([false, false, false, true, true])
      const { retryAfterMs } = await count('a', AT, { cost: 0 })
      expect(retryAfterMs).toBeGreaterThan(0)
      expect((await count('a', AT + retryAfterMs + 1, { cost: 0 })).over).toBe(false)
    })

    test('reading counts nothing, and another key is another counter', async () => {
      for (let n = 0; n < 9; n += 1) expect((await count('a', AT, { cost: 0 })).count).toBe(0)
      for (let n = 0; n < 4; n += 1) await count('a', AT)
      expect([(await count('a', AT, { cost: 0 })).over, (await count('b', AT, { cost: 0 })).over]).toEqual([true, false])
    })

    test('what a sweep forgets had nothing left to say', async () => {
      await count('a', AT)
      await store().sweep(AT)
      expect((await count('a', AT, { cost: 0 })).count).toBeCloseTo(1, 5)
      expect(await store().sweep(AT + 3_600_000)).toBe(1)
      expect((await count('a', AT + 3_600_000, { cost: 0 })).count).toBe(0)
    })

    test('a clock that jumps back locks nobody out for longer than its window', async () => {
      for (let n = 0; n < 4; n += 1) await count('a', AT)
      const back = AT - 86_400_000
      await count('a', back)
      expect((await count('a', back + 60_000, { cost: 0 })).over).toBe(false)
    })

    test('clear forgets it', async () => {
      for (let n = 0; n < 4; n += 1) await count('a', AT)
      await store().clear(['a'])
      expect((await count('a', AT, { cost: 0 })).over).toBe(false)
    })
  })

  const gcra: Meter = { kind: 'gcra', max: 10, perMs: 10_000, burst: 10 }

  test('what was admitted before without asking is added whatever the limit', async () => {
    const [first] = await store().add([hitOf(gcra, 'a', { owed: 9 })], AT)
    expect([first?.over, first?.count]).toEqual([false, 10])
    const [second] = await store().add([hitOf(gcra, 'a', { owed: 5 })], AT)
    expect(second?.over).toBe(true)
  })

  test('a group keeps to its bound and forgets first what would be forgotten first', async () => {
    for (let n = 0; n < 5; n += 1) await store().add([hitOf(gcra, 'busy', { maxKeys: 50 })], AT)
    for (let n = 0; n < 400; n += 1) {
      await store().add([hitOf(gcra, `key ${n}`, { maxKeys: 50 })], AT + n)
      // The memory of the reference goes by the last touch, the table by the time at which nothing is left.
      await store().add([hitOf(gcra, 'busy', { cost: 0, owed: 1, maxKeys: 50 })], AT + n)
    }
    let left = 0
    for (let n = 0; n < 400; n += 1) {
      const [read] = await store().add([hitOf(gcra, `key ${n}`, { cost: 0 })], AT + 400)
      if ((read?.state?.arrival ?? 0) > AT + 400) left += 1
    }
    expect(left).toBeLessThanOrEqual(100)
    expect((await store().add([hitOf(gcra, 'busy', { cost: 0 })], AT + 400))[0]?.over).toBe(true)
  })

  test('limits and signals come back in the order in which they were asked', async () => {
    const limit = { key: 'l', limit: { max: 2, perMs: 1000, burst: 2 }, keepMs: 60_000 }
    const counts = await store().add([hitOf(gcra, 'a'), limit, hitOf(gcra, 'b', { cost: 0 })], AT)
    expect(counts.map(({ key, over }) => [key, over])).toEqual([
      ['a', false],
      ['l', false],
      ['b', false],
    ])
  })
}
