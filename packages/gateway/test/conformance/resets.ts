import { expect, test } from 'vitest'
import type { ResetRow, ResetStore } from '../../src/store/reset-store.ts'
import { AT } from './sessions.ts'

const rowOf = (account: string, hash: string, change: Partial<ResetRow> = {}): ResetRow => ({
  account,
  hash,
  stamp: 's',
  expiresAt: AT + 10,
  ...change,
})

export function resetsConform(store: () => ResetStore): void {
  test('a link comes back as it was stored, and looking at it does not use it up', async () => {
    const row = rowOf('a', 'h1', { stamp: 'as it was', expiresAt: AT + 99 })
    await store().put(row)
    for (let n = 0; n < 3; n++) expect(await store().find('h1')).toEqual(row)
    expect(await store().find('h2')).toBeNull()
  })

  test('of a hundred who take the same link one gets it', async () => {
    await store().put(rowOf('a', 'h1'))
    const taken = await Promise.all(Array.from({ length: 100 }, async () => await store().take('h1')))
    expect(taken.filter((row) => row !== null)).toEqual([rowOf('a', 'h1')])
    expect(await store().find('h1')).toBeNull()
  })

  test('a newer link of the same account replaces the one before, and no other account’s', async () => {
    await store().put(rowOf('a', 'h1'))
    await store().put(rowOf('b', 'h2'))
    await store().put(rowOf('a', 'h3'))
    expect(await store().find('h1')).toBeNull()
    expect(await store().take('h1')).toBeNull()
    expect([await store().find('h2'), await store().find('h3')]).toEqual([rowOf('b', 'h2'), rowOf('a', 'h3')])
  })

  test('a sweep forgets what has ended and nothing else', async () => {
    await store().put(rowOf('a', 'h1'))
    await store().put(rowOf('b', 'h2', { expiresAt: AT + 20 }))
    expect(await store().sweep(AT + 10)).toBe(1)
    expect([await store().find('h1'), (await store().find('h2'))?.account]).toEqual([null, 'b'])
  })
}
