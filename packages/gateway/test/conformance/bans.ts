import { expect, test } from 'vitest'
import { type BanWish, REMEMBER_BANS_MS } from '../../src/decide/ban.ts'
import type { BanStore } from '../../src/store/verdict-stores.ts'
import { AT } from './sessions.ts'

const MINUTE = 60_000
const growth = { firstMs: 10 * MINUTE, factor: 2, mostMs: 60 * MINUTE }

export function wishOf(change: Partial<BanWish> = {}): BanWish {
  return { id: 'b-1', kind: 'ip.net', value: '198.51.100.7', at: AT, scope: null, growth, rule: 'probing', reason: null, ...change }
}

export function bansConform(store: () => BanStore): void {
  test('a ban is there until it ends', async () => {
    const { ban, isNew } = await store().add(wishOf())
    expect({ isNew, ...ban }).toEqual({
      isNew: true,
      id: 'b-1',
      kind: 'ip.net',
      value: '198.51.100.7',
      scope: null,
      startedAt: AT,
      endsAt: AT + 10 * MINUTE,
      rule: 'probing',
      reason: null,
      prior: 0,
      liftedAt: null,
    })
    expect(await store().list(AT + 10 * MINUTE - 1)).toEqual([ban])
    expect(await store().list(AT + 10 * MINUTE)).toEqual([])
  })

  test('who is banned already is not banned again: of a burst one ban comes, and it grows by one step', async () => {
    const added = await Promise.all(Array.from({ length: 20 }, async (_, n) => await store().add(wishOf({ id: `b-${n}` }))))
    expect(added.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(added.map(({ ban }) => ban.id)).size).toBe(1)
    expect(await store().list(AT)).toHaveLength(1)
  })

  test('each further ban of one key lasts longer, up to the most; of another key it begins anew', async () => {
    const lengths: number[] = []
    for (let n = 0, at = AT; n < 5; n++) {
      const { ban } = await store().add(wishOf({ id: `b-${n}`, at }))
      lengths.push((ban.endsAt - ban.startedAt) / MINUTE)
      expect(ban.prior).toBe(n)
      at = ban.endsAt
    }
    expect(lengths).toEqual([10, 20, 40, 60, 60])
    expect((await store().add(wishOf({ id: 'other', value: '198.51.100.8' }))).ban.prior).toBe(0)
    expect((await store().add(wishOf({ id: 'kind', kind: 'visit' }))).ban.prior).toBe(0)
  })

  test('a ban of some routes stands beside one of all, and grows apart from it', async () => {
    const login = wishOf({ id: 'b-2', scope: ['password', 'login'] })
    await store().add(wishOf())
    expect(await store().add(login)).toMatchObject({ isNew: true, ban: { prior: 0, scope: ['password', 'login'] } })
    expect(await store().add({ ...login, id: 'b-3', scope: ['login', 'password'] })).toMatchObject({ isNew: false, ban: { id: 'b-2' } })
    expect((await store().list(AT)).map(({ scope }) => scope)).toHaveLength(2)
  })

  test('what is long past, or was lifted, lengthens nothing', async () => {
    const { ban } = await store().add(wishOf())
    const later = ban.endsAt + REMEMBER_BANS_MS
    expect((await store().add(wishOf({ id: 'b-2', at: later }))).ban.prior).toBe(0)
    await store().lift('b-2', later + 1)
    expect((await store().add(wishOf({ id: 'b-3', at: later + 2 }))).ban.prior).toBe(0)
  })

  test('lifting ends it at once, once', async () => {
    await store().add(wishOf())
    expect(await store().lift('b-1', AT + 5)).toMatchObject({ id: 'b-1', liftedAt: AT + 5 })
    expect(await store().list(AT + 5)).toEqual([])
    expect(await store().lift('b-1', AT + 6)).toBeNull()
    expect(await store().lift('unknown', AT)).toBeNull()
  })

  test('one that is over cannot be lifted', async () => {
    const { ban } = await store().add(wishOf())
    expect(await store().lift('b-1', ban.endsAt)).toBeNull()
  })

  test('a follower reads what changed and nothing twice', async () => {
    const start = await store().revision()
    await store().add(wishOf())
    await store().add(wishOf({ id: 'b-2', value: '2001:db8::/64' }))
    const seen = await store().changedSince(start)
    expect(seen.map(({ id }) => id)).toEqual(['b-1', 'b-2'])
    const middle = await store().revision()
    expect(middle).not.toBe(start)
    await store().lift('b-1', AT + 1)
    expect(await store().changedSince(middle)).toMatchObject([{ id: 'b-1', liftedAt: AT + 1 }])
    expect(await store().changedSince(await store().revision())).toEqual([])
  })

  test('a sweep forgets what lengthens nothing any more, and nothing else', async () => {
    const { ban } = await store().add(wishOf())
    expect(await store().sweep(ban.endsAt + REMEMBER_BANS_MS - 1)).toBe(0)
    expect(await store().sweep(ban.endsAt + REMEMBER_BANS_MS)).toBe(1)
    expect(await store().sweep(ban.endsAt + REMEMBER_BANS_MS)).toBe(0)
  })
}
