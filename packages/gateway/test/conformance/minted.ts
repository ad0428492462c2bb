import { expect, test } from 'vitest'
import type { MintStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

const MADE = { sealed: 'ck1.x', expiresAt: AT + 100, refreshAt: AT + 80, failedUntil: 0 }

export function mintedConforms(store: () => MintStore): void {
  test('of a hundred who want to mint the same one holds the lease, and another name’s is free', async () => {
    const held = await Promise.all(Array.from({ length: 100 }, async (_, at) => await store().lease('a', `h-${at}`, AT, AT + 10)))
    expect(held.filter(Boolean)).toHaveLength(1)
    expect(await store().lease('b', 'h-1', AT, AT + 10)).toBe(true)
  })

  test('a holder that died is survived: his lease ends, and what he brings later is not taken', async () => {
    await store().lease('a', 'dead', AT, AT + 10)
    expect(await store().lease('a', 'next', AT + 9, AT + 20)).toBe(false)
    expect(await store().lease('a', 'next', AT + 10, AT + 20)).toBe(true)
    expect(await store().settle('a', 'dead', { ...MADE, sealed: 'ck1.late' })).toBe(false)
    expect(await store().settle('a', 'next', MADE)).toBe(true)
    expect(await store().find('a')).toEqual({ ...MADE, holder: null, leaseUntil: 0 })
  })

  test('who settles gives the lease back; what was minted stays while the next one is being minted', async () => {
    await store().lease('a', 'one', AT, AT + 10)
    await store().settle('a', 'one', MADE)
    expect(await store().lease('a', 'two', AT + 1, AT + 11)).toBe(true)
    expect(await store().find('a')).toEqual({ ...MADE, holder: 'two', leaseUntil: AT + 11 })
    expect(await store().lease('a', 'two', AT + 2, AT + 12)).toBe(true)
  })

  test('what was minted for a name is forgotten with all its versions, and for no other name', async () => {
    for (const key of ['a\n1', 'a\n2', 'ab\n1']) {
      await store().lease(key, 'one', AT, AT + 10)
      await store().settle(key, 'one', MADE)
    }
    await store().forget('a\n')
    expect([await store().find('a\n1'), await store().find('a\n2')]).toEqual([null, null])
    expect(await store().find('ab\n1')).toMatchObject({ sealed: 'ck1.x' })
  })
}
