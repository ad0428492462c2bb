import { expect, test } from 'vitest'
import type { FactorStore, StoredFactor } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

const factor = (change: Partial<StoredFactor> = {}): StoredFactor => ({
  id: 'f-1',
  account: 'a-1',
  kind: 'totp',
  name: 'phone',
  content: 'one',
  createdAt: AT,
  lastUsedAt: null,
  ...change,
})

export function factorsConform(store: () => FactorStore): void {
  test('MFA-09 what was inserted is found, and an id counts once, whoever brings it again', async () => {
    expect(await store().insert(factor())).toBe(true)
    expect(await store().insert(factor({ account: 'a-2', content: 'two' }))).toBe(false)
    expect(await store().find('f-1')).toEqual(factor())
    expect(await store().find('f-2')).toBe(null)
  })

  test('a list holds an account’s own, oldest first', async () => {
    await store().insert(factor({ id: 'b', createdAt: AT + 1 }))
    await store().insert(factor({ id: 'c' }))
    await store().insert(factor({ id: 'a' }))
    await store().insert(factor({ id: 'd', account: 'a-2' }))
    expect((await store().list('a-1')).map(({ id }) => id)).toEqual(['a', 'c', 'b'])
  })

  test('of a hundred who use the same content one succeeds', async () => {
    await store().insert(factor())
    const used = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => await store().use('f-1', 'one', `next ${String(n)}`, AT + 5)),
    )
    expect(used.filter(Boolean)).toHaveLength(1)
    expect((await store().find('f-1'))?.lastUsedAt).toBe(AT + 5)
    expect(await store().use('f-1', 'one', 'again', AT + 6)).toBe(false)
    expect(await store().use('f-2', 'one', 'again', AT + 6)).toBe(false)
  })

  test('only its own account removes a factor, and it is gone at once', async () => {
    await store().insert(factor())
    expect(await store().remove('a-2', 'f-1')).toBe(false)
    expect(await store().remove('a-1', 'f-1')).toBe(true)
    expect(await store().remove('a-1', 'f-1')).toBe(false)
    expect(await store().find('f-1')).toBe(null)
  })

  test('MFA-24 the last one that can be asked for stays, codes on paper or not; of two that are removed at once one stays', async () => {
    await store().insert(factor())
    await store().insert(factor({ id: 'f-2', kind: 'passkey' }))
    await store().insert(factor({ id: 'codes', kind: 'recovery-codes' }))
    await store().insert(factor({ id: 'f-3', account: 'a-2' }))
    expect(await store().removeUnlessLast('a-2', 'f-1')).toBe(false)
    const removed = await Promise.all(['f-1', 'f-2'].map(async (id) => await store().removeUnlessLast('a-1', id)))
    expect(removed.filter(Boolean)).toHaveLength(1)
    expect(await store().list('a-1')).toHaveLength(2)
    expect(await store().removeUnlessLast('a-1', 'codes')).toBe(true)
    expect(await store().removeUnlessLast('a-1', 'codes')).toBe(false)
    expect(await store().list('a-1')).toHaveLength(1)
  })

  test('removing all of an account leaves the others', async () => {
    await store().insert(factor())
    await store().insert(factor({ id: 'f-2' }))
    await store().insert(factor({ id: 'f-3', account: 'a-2' }))
    expect(await store().removeAll('a-1')).toBe(2)
    expect(await store().list('a-1')).toEqual([])
    expect(await store().list('a-2')).toHaveLength(1)
  })
}
