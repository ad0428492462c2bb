import { expect, test } from 'vitest'
import type { CounterStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

const LIMIT = { max: 2, perMs: 1_000, burst: 2 }
const hit = (key: string) => ({ key, limit: LIMIT, keepMs: 60_000 })

export function countersConform(store: () => CounterStore): void {
  test('counts up to the burst, then says how long to wait', async () => {
    const overs: boolean[] = []
    for (let n = 0; n < 4; n++) overs.push((await store().add([hit('a')], AT))[0]?.over ?? true)
    expect(overs).toEqual([false, false, true, true])
    expect((await store().add([hit('a')], AT))[0]?.retryAfterMs).toBe(500)
    expect((await store().add([hit('a')], AT + 500))[0]?.over).toBe(false)
  })

  test('answers in the order of the hits and keeps counters apart', async () => {
    await store().add([hit('a'), hit('a')], AT)
    expect(await store().add([hit('b'), hit('a'), hit('c')], AT)).toEqual([
      { key: 'b', over: false, retryAfterMs: 0 },
      { key: 'a', over: true, retryAfterMs: 500 },
      { key: 'c', over: false, retryAfterMs: 0 },
    ])
    expect(await store().add([], AT)).toEqual([])
  })

  test('counts hits that arrive together one by one', async () => {
    const counts = await Promise.all(Array.from({ length: 10 }, async () => await store().add([hit('a')], AT)))
    expect(counts.flat().filter(({ over }) => !over)).toHaveLength(2)
  })

  test('a counter that is cleared starts anew', async () => {
    await store().add([hit('a'), hit('a'), hit('b'), hit('b')], AT)
    await store().clear(['a', 'unknown'])
    const counts = await store().add([hit('a'), hit('b')], AT)
    expect(counts.map(({ over }) => over)).toEqual([false, true])
  })

  test('a sweep changes no answer', async () => {
    await store().add([hit('a'), hit('a'), hit('b')], AT)
    await store().sweep(AT)
    expect((await store().add([hit('a')], AT))[0]?.over).toBe(true)
    // Ten minutes later nothing of either is left to count.
    expect(await store().sweep(AT + 3_600_000)).toBe(2)
    expect(await store().sweep(AT + 3_600_000)).toBe(0)
    expect((await store().add([hit('a')], AT + 3_600_000))[0]?.over).toBe(false)
  })

  test('keys may be of any length and any characters', async () => {
    const keys = ['', 'x'.repeat(100_000), '\u0000', 'é', '漢字']
    await store().add([...keys, ...keys].map(hit), AT)
    const counts = await store().add(keys.map(hit), AT)
    expect(counts.map(({ key, over }) => [key, over])).toEqual(keys.map((key) => [key, true]))
  })
}
