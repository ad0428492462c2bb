import { expect, test } from 'vitest'
import type { NonceStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

export function noncesConform(store: () => NonceStore): void {
  test('of a hundred who spend the same nonce one succeeds', async () => {
    const spent = await Promise.all(Array.from({ length: 100 }, async () => await store().spend('login', 'n-1', AT + 1_000)))
    expect(spent.filter(Boolean)).toHaveLength(1)
  })

  test('one id counts once for each purpose, and the border between them cannot be moved', async () => {
    expect(await store().spend('login', 'x', AT)).toBe(true)
    expect(await store().spend('reset', 'x', AT)).toBe(true)
    expect(await store().spend('log', 'inx', AT)).toBe(true)
    expect(await store().spend('login', 'x', AT)).toBe(false)
  })

  test('a sweep forgets what has expired and nothing else', async () => {
    await store().spend('login', 'soon', AT + 10)
    await store().spend('login', 'later', AT + 20)
    expect(await store().sweep(AT + 10)).toBe(1)
    expect(await store().spend('login', 'later', AT + 20)).toBe(false)
    expect(await store().spend('login', 'soon', AT + 30)).toBe(true)
  })
}
