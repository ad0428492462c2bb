import { expect, test } from 'vitest'
import type { HoldStore } from '../../src/store/holds.ts'
import { AT } from './sessions.ts'

export function holdsConform(store: () => HoldStore): void {
  test('RATE-04 a credential is held once, by whoever was first, and let go once', async () => {
    const hold = { credential: 'shop-key', since: AT, rule: 'odd-orders', reason: null }
    expect([...(await store().all())]).toEqual([])
    expect(await store().add(hold)).toBe(true)
    expect(await store().add({ ...hold, since: AT + 1, rule: null, reason: 'again' })).toBe(false)
    expect(await store().add({ ...hold, credential: 'other-key' })).toBe(true)
    expect((await store().all()).get('shop-key')).toEqual(hold)
    expect(await store().remove('shop-key')).toBe(true)
    expect(await store().remove('shop-key')).toBe(false)
    expect([...(await store().all()).keys()]).toEqual(['other-key'])
  })
}
