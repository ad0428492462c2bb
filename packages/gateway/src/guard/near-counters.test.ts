import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hitOf } from '../../test/conformance/signals.ts'
import { manualLater } from '../../test/fakes/later.ts'
import type { Count, Hit } from '../decide/counters.ts'
import type { Meter } from '../decide/meter.ts'
import { memoryCounters } from '../store/memory/counters.ts'
import type { CounterStore } from '../store/store.ts'
import { nearCounters } from './near-counters.ts'

const AT = Date.UTC(2026, 0, 1)
const gcra = (burst: number): Meter => ({ kind: 'gcra', max: burst, perMs: 3_600_000, burst })

function watched(store: CounterStore) {
  const state = { trips: 0, down: false }
  const counted: CounterStore = {
    ...store,
    add(hits, at) {
      state.trips += 1
      if (state.down) throw new Error('the store is gone')
      return store.add(hits, at)
    },
  }
  return { state, counted }
}

function near(store: CounterStore, time = manualLater(), clock = { now: AT }) {
  return nearCounters({ store, clock: () => clock.now, later: time.later, most: 1000, onFailure: () => undefined })
}

async function one(
  counters: { add(hits: readonly Hit[], at: number): Count[] | readonly Count[] | Promise<readonly Count[]> },
  hit: Hit,
  at = AT,
) {
  const [count] = await counters.add([hit], at)
  if (count === undefined) throw new Error('no count')
  return count
}

describe('counters near the request', () => {
  test('ask the store once for each tenth of a limit, and not at all to look again', async () => {
    const { state, counted } = watched(memoryCounters(1000))
    const counters = near(counted)
    for (let n = 0; n < 100; n += 1) expect((await one(counters, hitOf(gcra(100), 'a'))).over).toBe(false)
    expect(state.trips).toBeLessThanOrEqual(11)
    expect((await one(counters, hitOf(gcra(100), 'a'))).over).toBe(true)
    const before = state.trips
    for (let n = 0; n < 50; n += 1) await one(counters, hitOf(gcra(100), 'a', { cost: 0 }))
    expect(state.trips).toBe(before)
  })

  test('RATE-02 any number of requests over two gateways on one store: never more than a limit and a tenth', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.boolean(), { minLength: 300, maxLength: 300 }),
        async (burst, turns) => {
          const store = memoryCounters(1000)
          const gateways = [near(store), near(store)] as const
          let admitted = 0
          for (const turn of turns) if (!(await one(gateways[turn ? 0 : 1], hitOf(gcra(burst), 'a'))).over) admitted += 1
          expect(admitted).toBeGreaterThanOrEqual(Math.min(burst, 300) - Math.floor(burst / 10))
          expect(admitted).toBeLessThanOrEqual(burst + Math.floor(burst / 10))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('what is owed is settled after five seconds, and at the end', async () => {
    const store = memoryCounters(1000)
    const time = manualLater()
    const counters = near(store, time)
    for (let n = 0; n < 5; n += 1) await one(counters, hitOf(gcra(100), 'a'))
    const inStore = async () => (await one(store, hitOf(gcra(100), 'a', { cost: 0 }))).count
    expect(await inStore()).toBe(1)
    time.pass(5000)
    await expect.poll(inStore).toBe(5)
    await one(counters, hitOf(gcra(100), 'a'))
    await counters.close()
    expect(await inStore()).toBe(6)
  })

  test('a restart continues where the last process settled', async () => {
    const store = memoryCounters(1000)
    const first = near(store)
    for (let n = 0; n < 100; n += 1) await one(first, hitOf(gcra(100), 'a'))
    await first.close()
    expect((await one(near(store), hitOf(gcra(100), 'a'))).over).toBe(true)
  })

  test('a silent store: it throws, counts here when asked to, leaves the store alone for a second, and owes it everything', async () => {
    const { state, counted } = watched(memoryCounters(1000))
    const counters = near(counted)
    state.down = true
    expect(() => counters.add([hitOf(gcra(10), 'a')], AT)).toThrow('the store is gone')
    expect(() => counters.add([hitOf(gcra(10), 'a')], AT + 10)).toThrow('silent a moment ago')
    expect(state.trips).toBe(1)
    const overs: boolean[] = []
    for (let n = 0; n < 12; n += 1) overs.push(counters.local([hitOf(gcra(10), 'a')], AT)[0]?.over ?? true)
    expect(overs.filter((over) => !over)).toHaveLength(10)
    state.down = false
    expect((await one(counters, hitOf(gcra(10), 'a'), AT + 2000)).over).toBe(true)
  })

  test('values that are counted once are the store’s to know', async () => {
    const store = memoryCounters(1000)
    const [one_, other] = [near(store), near(store)]
    const distinct: Meter = { kind: 'distinct', max: 3, perMs: 60_000 }
    for (const [n, gateway] of [one_, other, one_, other].entries()) await one(gateway, hitOf(distinct, 'a', { mark: `value ${n}` }))
    expect((await one(other, hitOf(distinct, 'a', { mark: 'value 0' }))).over).toBe(true)
  })
})
