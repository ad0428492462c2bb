import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Session } from '../../src/decide/session.ts'
import type { SessionQuery } from '../../src/store/session-query.ts'
import { SWEEP_ROWS, type SessionStore } from '../../src/store/store.ts'

export const AT = 1_780_000_000_000

/** A session as session/sessions.ts would insert it; `word` stands for its cookie. */
export function sessionOf(word: string, change: Partial<Session> = {}): Session {
  return {
    id: createHash('sha256').update(word).digest('base64url'),
    account: 'a-1',
    name: 'Ada Löv',
    generation: 0,
    factors: [{ kind: 'password', at: AT }],
    createdAt: AT,
    authenticatedAt: AT,
    seenAt: AT,
    address: '2001:db8::17',
    agent: 'Browser/1.0 (“quoted”; 漢字)',
    traits: 'de-ch|Linux Chromium',
    revoked: null,
    ...change,
  }
}

export function sessionsConform(store: () => SessionStore): void {
  test('a session comes back as it was stored, with its account’s standing', async () => {
    const session = sessionOf('one', {
      factors: [
        { kind: 'password', at: AT - 5 },
        { kind: 'password', at: AT },
      ],
    })
    await store().setRoles('a-1', ['staff', 'night shift'])
    expect(await store().insert(session)).toBe(true)
    expect(await store().find(session.id)).toEqual({ session, standing: { generation: 0, roles: ['staff', 'night shift'] } })
  })

  test('SES-05 an identifier that was never stored finds nothing', async () => {
    await store().insert(sessionOf('one'))
    expect(await store().find(sessionOf('two').id)).toBeNull()
    expect(await store().find('')).toBeNull()
    expect(await store().find('not-base64url!')).toBeNull()
  })

  test('REV-03 many sessions are found in one question, each in its place, and what is not there is null', async () => {
    const [one, two] = [sessionOf('one'), sessionOf('two')]
    await store().insert(one)
    await store().insert(two)
    await store().setRoles('a-1', ['staff'])
    await store().revoke(two.id, AT + 1, 'logout')
    const found = await store().findAll([two.id, sessionOf('three').id, one.id, ''])
    expect(found.map((claim) => claim?.session.id ?? null)).toEqual([two.id, null, one.id, null])
    expect(found[0]?.session.revoked?.because).toBe('logout')
    expect(found[2]?.standing.roles).toEqual(['staff'])
    expect(await store().findAll([])).toEqual([])
  })

  test('an account that was never seen has generation 0 and no roles', async () => {
    expect(await store().standing('nobody')).toEqual({ generation: 0, roles: [] })
  })

  test('roles change for sessions that exist and for those that begin later', async () => {
    await store().insert(sessionOf('before'))
    await store().setRoles('a-1', ['staff'])
    await store().insert(sessionOf('after'))
    for (const word of ['before', 'after']) expect((await store().find(sessionOf(word).id))?.standing.roles).toEqual(['staff'])
    expect(await store().standing('a-1')).toEqual({ generation: 0, roles: ['staff'] })
  })

  test('an insert does not overwrite a session that exists', async () => {
    const session = sessionOf('one')
    await store().insert(session)
    await store().revoke(session.id, AT + 1, 'logout')
    expect(await store().insert(session)).toBe(false)
    expect((await store().find(session.id))?.session.revoked).toEqual({ at: AT + 1, because: 'logout' })
  })

  test('a session of an older generation is not stored: a revocation between password check and insert wins', async () => {
    await store().revokeAll('a-1', AT, 'password-changed')
    expect(await store().insert(sessionOf('one', { generation: 0 }))).toBe(false)
    expect(await store().find(sessionOf('one').id)).toBeNull()
    expect(await store().insert(sessionOf('one', { generation: 1 }))).toBe(true)
  })

  test('touch moves the last activity forward and never back', async () => {
    const { id } = sessionOf('one')
    await store().insert(sessionOf('one'))
    expect(await store().touch(id, AT + 60_000)).toBe(true)
    expect(await store().touch(id, AT + 30_000)).toBe(false)
    expect((await store().find(id))?.session.seenAt).toBe(AT + 60_000)
  })

  test('touch brings back neither a missing nor a revoked session', async () => {
    const { id } = sessionOf('one')
    expect(await store().touch(id, AT + 1)).toBe(false)
    expect(await store().find(id)).toBeNull()
    await store().insert(sessionOf('one'))
    await store().revoke(id, AT + 1, 'logout')
    expect(await store().touch(id, AT + 60_000)).toBe(false)
    const claim = await store().find(id)
    expect(claim?.session.seenAt).toBe(AT)
    expect(claim?.session.revoked?.because).toBe('logout')
  })

  test('rotate replaces one session by another, once', async () => {
    const [old, next, third] = [sessionOf('old'), sessionOf('next', { seenAt: AT + 9 }), sessionOf('third')]
    await store().insert(old)
    expect(await store().rotate(old.id, next)).toBe(true)
    expect((await store().find(old.id))?.session.revoked).toEqual({ at: AT + 9, because: 'replaced' })
    expect((await store().find(next.id))?.session).toEqual(next)
    expect(await store().rotate(old.id, third)).toBe(false)
    expect(await store().find(third.id)).toBeNull()
  })

  test('rotate changes nothing when the old one is gone or revoked, or the new one outdated', async () => {
    const next = sessionOf('next')
    expect(await store().rotate(sessionOf('missing').id, next)).toBe(false)
    const ended = sessionOf('ended')
    await store().insert(ended)
    await store().revoke(ended.id, AT, 'logout')
    expect(await store().rotate(ended.id, next)).toBe(false)
    const live = sessionOf('live')
    await store().insert(live)
    expect(await store().rotate(live.id, { ...next, generation: 3 })).toBe(false)
    expect(await store().find(next.id)).toBeNull()
    expect((await store().find(live.id))?.session.revoked).toBeNull()
  })

  test('revoke ends a session once and keeps its first reason', async () => {
    const { id } = sessionOf('one')
    await store().insert(sessionOf('one'))
    expect(await store().revoke(id, AT + 1, 'logout')).toBe(true)
    expect(await store().revoke(id, AT + 2, 'idle')).toBe(false)
    expect((await store().find(id))?.session.revoked).toEqual({ at: AT + 1, because: 'logout' })
    expect(await store().revoke(sessionOf('missing').id, AT, 'logout')).toBe(false)
  })

  test('SES-15 revokeAll ends every session of one account and says why, and leaves the others', async () => {
    for (const word of ['one', 'two', 'three']) await store().insert(sessionOf(word))
    await store().insert(sessionOf('other', { account: 'a-2' }))
    await store().revoke(sessionOf('three').id, AT, 'logout')
    await store().setRoles('a-1', ['staff'])
    expect(await store().revokeAll('a-1', AT + 1, 'account-disabled')).toBe(2)
    for (const word of ['one', 'two']) {
      const claim = await store().find(sessionOf(word).id)
      expect(claim?.session.revoked).toEqual({ at: AT + 1, because: 'account-disabled' })
      expect(claim?.standing).toEqual({ generation: 1, roles: ['staff'] })
    }
    expect((await store().find(sessionOf('three').id))?.session.revoked?.because).toBe('logout')
    expect((await store().find(sessionOf('other').id))?.session.revoked).toBeNull()
    expect(await store().revokeAll('a-1', AT + 2, 'account-disabled')).toBe(0)
    expect((await store().standing('a-1')).generation).toBe(2)
  })

  test('SES-15 revokeEveryone ends the sessions of all accounts, also of one that is not known yet; writing it down comes after', async () => {
    await store().insert(sessionOf('one'))
    await store().insert(sessionOf('other', { account: 'a-2' }))
    await store().revoke(sessionOf('other').id, AT, 'logout')
    await store().setRoles('a-1', ['staff'])
    await store().revokeEveryone()
    const claim = await store().find(sessionOf('one').id)
    expect([claim?.session.generation, claim?.standing]).toEqual([0, { generation: 1, roles: ['staff'] }])
    expect([await store().list('a-1'), await store().listAll(9)]).toEqual([[], []])
    for (const account of ['a-1', 'a-2', 'never-seen']) {
      expect(await store().insert(sessionOf(`outdated ${account}`, { account }))).toBe(false)
      expect(await store().insert(sessionOf(`new ${account}`, { account, generation: 1 }))).toBe(true)
    }
    expect(await store().rotate(sessionOf('one').id, sessionOf('next', { generation: 1 }))).toBe(false)
    expect(await store().markRevoked(AT + 1, 'ended-by-owner')).toBe(1)
    expect(await store().markRevoked(AT + 2, 'ended-by-owner')).toBe(0)
    expect((await store().find(sessionOf('one').id))?.session.revoked).toEqual({ at: AT + 1, because: 'ended-by-owner' })
    expect((await store().find(sessionOf('other').id))?.session.revoked?.because).toBe('logout')
    expect((await store().find(sessionOf('new a-1').id))?.session.revoked).toBeNull()
    expect(await store().revokeAll('a-1', AT + 3, 'logout')).toBe(1)
    expect((await store().standing('a-1')).generation).toBe(2)
    expect((await store().standing('a-2')).generation).toBe(1)
    for (const [atLeast, then] of [
      [1000, 1000],
      [undefined, 1001],
      [5, 1002],
    ] as const) {
      await store().revokeEveryone(atLeast)
      expect((await store().standing('a-2')).generation).toBe(then)
    }
  })

  test('REV-08 whatever ends something is counted, and nothing else is', async () => {
    const counts = [await store().ended()]
    const note = async (): Promise<void> => void counts.push(await store().ended())
    await store().insert(sessionOf('one'))
    await store().touch(sessionOf('one').id, AT + 1)
    await store().setRoles('a-1', ['staff'])
    await note()
    await store().rotate(sessionOf('one').id, sessionOf('two'))
    await note()
    await store().revoke(sessionOf('two').id, AT, 'logout')
    await store().revoke(sessionOf('two').id, AT, 'logout')
    await note()
    await store().revokeAll('a-1', AT, 'logout')
    await note()
    await store().revokeEveryone()
    await note()
    expect(counts).toEqual([0, 0, 1, 2, 3, 4])
  })

  test('lists hold what is alive: of one account the oldest first, of all the newest first', async () => {
    await store().insert(sessionOf('late', { createdAt: AT + 3 }))
    await store().insert(sessionOf('early', { createdAt: AT + 1 }))
    await store().insert(sessionOf('ended', { createdAt: AT + 2 }))
    await store().insert(sessionOf('other', { account: 'a-2', createdAt: AT + 4 }))
    await store().revoke(sessionOf('ended').id, AT + 5, 'logout')
    const ids = async (list: Promise<readonly Session[]>) => (await list).map(({ id }) => id)
    const idOf = (word: string) => sessionOf(word).id
    expect(await ids(Promise.resolve(store().list('a-1')))).toEqual([idOf('early'), idOf('late')])
    expect(await ids(Promise.resolve(store().listAll(2)))).toEqual([idOf('other'), idOf('late')])
    expect(await ids(Promise.resolve(store().list('nobody')))).toEqual([])
  })

  test('sweep deletes what was last seen or authenticated too long ago, in batches', async () => {
    await store().insert(sessionOf('unseen', { createdAt: AT - 50, authenticatedAt: AT - 50, seenAt: AT - 50 }))
    await store().insert(sessionOf('old', { createdAt: AT - 900, authenticatedAt: AT - 900, seenAt: AT }))
    await store().insert(sessionOf('renewed', { createdAt: AT - 900, authenticatedAt: AT, seenAt: AT }))
    await store().insert(sessionOf('live'))
    expect(await store().sweep(AT - 10, AT - 100)).toBe(2)
    const found = await Promise.all(
      ['unseen', 'old', 'renewed', 'live'].map(async (word) => (await store().find(sessionOf(word).id)) !== null),
    )
    expect(found).toEqual([false, false, true, true])

    for (let n = 0; n <= SWEEP_ROWS; n++) await store().insert(sessionOf(`many ${n}`, { account: 'a-3' }))
    expect(await store().sweep(AT + 1, 0)).toBe(SWEEP_ROWS)
    expect(await store().sweep(AT + 1, 0)).toBe(3)
    expect(await store().sweep(AT + 1, 0)).toBe(0)
  })

  test('SES-18 pages of the living go from the newest to the oldest, hold none twice, and leave out what is over', async () => {
    const own = Array.from({ length: 25 }, (_, each) =>
      sessionOf(`p-${each}`, {
        account: `a-${each % 3}`,
        address: `192.0.2.${each % 2}`,
        createdAt: AT + Math.floor(each / 4),
        authenticatedAt: AT + 100,
      }),
    )
    for (const session of own) await store().insert(session)
    const [ended, unseen, old] = [
      sessionOf('ended'),
      sessionOf('unseen', { seenAt: AT - 500 }),
      sessionOf('old', { authenticatedAt: AT - 500 }),
    ]
    for (const session of [ended, unseen, old]) await store().insert({ ...session, account: 'a-9' })
    await store().revoke(ended.id, AT, 'logout')
    const living = { seenAfter: AT - 500, authenticatedAfter: AT - 500 }
    const all: Session[] = []
    let page = await store().page({ ...living, limit: 4 })
    for (; page.length > 0; page = await store().page({ ...living, limit: 4, after: page.at(-1)! })) all.push(...page)
    expect(all.map(({ createdAt }) => createdAt)).toEqual(own.map(({ createdAt }) => createdAt).toReversed())
    expect(all.map(({ id }) => id).toSorted()).toEqual(own.map(({ id }) => id).toSorted())
    const ids = async (query: Partial<SessionQuery>): Promise<number> => (await store().page({ ...living, limit: 100, ...query })).length
    expect(await ids({ account: 'a-1' })).toBe(8)
    expect(await ids({ address: '192.0.2.1' })).toBe(12)
    expect(await ids({ address: '192.0.2.1', account: 'a-1' })).toBe(4)
    expect(await ids({ from: AT + 2, before: AT + 4 })).toBe(8)
    await store().revokeAll('a-1', AT, 'ended-by-owner')
    expect(await ids({})).toBe(17)
    expect(all[0]).toEqual(own.find(({ id }) => id === all[0]?.id))
  })
}
