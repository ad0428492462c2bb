import { expect, test } from 'vitest'
import type { CredentialUse, UseStore } from '../../src/store/use-store.ts'
import { AT } from './sessions.ts'

export function usesConform(store: () => UseStore): void {
  const use = (change: Partial<CredentialUse> = {}): CredentialUse => ({
    credential: 'shop-key',
    route: 'shop: GET /**',
    who: 'ada',
    day: 100,
    count: 1,
    lastAt: AT,
    ...change,
  })

  test('uses of a credential are added up by route and account, the most frequent first', async () => {
    await store().add([use(), use({ who: 'bea', count: 5 }), use({ credential: 'other' })])
    await store().add([
      use({ count: 2, lastAt: AT + 1 }),
      use({ day: 101, count: 3, lastAt: AT + 9 }),
      use({ who: '', route: 'shop: POST /x' }),
    ])
    expect(await store().top('shop-key', 0, 10)).toEqual([
      use({ count: 6, day: 101, lastAt: AT + 9 }),
      use({ who: 'bea', count: 5 }),
      use({ who: '', route: 'shop: POST /x' }),
    ])
    expect(await store().top('shop-key', 101, 10)).toEqual([use({ count: 3, day: 101, lastAt: AT + 9 })])
    expect(await store().top('shop-key', 0, 1)).toHaveLength(1)
    expect(await store().top('none', 0, 10)).toEqual([])
  })

  test('PRIV-02 whoever is forgotten was nobody, and the sum stays; days that are over go', async () => {
    await store().add([use({ count: 4 }), use({ who: '', count: 2 }), use({ who: 'bea', day: 90 })])
    expect(await store().forget('ada')).toBe(1)
    expect(await store().top('shop-key', 100, 10)).toEqual([use({ who: '', count: 6 })])
    expect(await store().sweep(100)).toBe(1)
    expect(await store().sweep(100)).toBe(0)
    expect(await store().top('shop-key', 0, 10)).toHaveLength(1)
  })
}
