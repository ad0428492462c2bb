import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cookieOf, HOUR, makeSessionKit, MINUTE, START, startOf } from '../../test/session-kit.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import { GateError } from '../errors.ts'
import type { SessionStore } from '../store/store.ts'

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-sessions-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('the identifier', () => {
  test('SES-01 is 256 random bits: ten thousand of them are unique, and every byte value is as frequent as any other', async () => {
    const { signIn } = makeSessionKit({ limits: { perAccount: 100_000 } })
    const seen = new Set<string>()
    const frequency = new Uint32Array(256)
    for (let n = 0; n < 10_000; n++) {
      const { cookie } = await signIn({ account: `a-${n}` })
      expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/)
      seen.add(cookie)
      for (const byte of Buffer.from(cookie, 'base64url')) frequency[byte] = (frequency[byte] ?? 0) + 1
    }
    expect(seen.size).toBe(10_000)
    const expected = 320_000 / 256
    const chiSquare = frequency.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 255 degrees of freedom: past 370 once in a million runs.
    expect(chiSquare).toBeLessThan(370)
  })

  test('SES-02 only its hash is in the store’s files', async () => {
    const folder = freshFolder()
    const stores = openSqlite(folder)
    const { signIn } = makeSessionKit({ store: stores.sessions })
    const { cookie, session } = await signIn()
    const id = createHash('sha256').update(cookie).digest()
    expect(session.id).toBe(id.toString('base64url'))
    const bytes = () => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    for (const step of ['open', 'closed']) {
      if (step === 'closed') void stores.close()
      expect(bytes().includes(id), step).toBe(true)
      for (const form of [cookie, Buffer.from(cookie, 'base64url'), Buffer.from(cookie, 'base64url').toString('hex')])
        expect(bytes().includes(form), step).toBe(false)
    }
  })

  test('COO-10 the cookie holds nothing that can be read: no name, no account, no time', async () => {
    const { signIn } = makeSessionKit()
    const { cookie } = await signIn({ account: 'account-of-ada', name: 'ada@example.com' })
    const bytes = Buffer.from(cookie, 'base64url')
    expect(bytes).toHaveLength(32)
    const readings = [cookie, bytes.toString('latin1'), bytes.toString('utf8'), Buffer.from(cookie, 'hex').toString('latin1')].join(' ')
    // Nothing so short that 32 random bytes would spell it now and then.
    expect(readings).not.toMatch(/account-of|ada@example|example\.com|17\d{11}|\{"|eyJ[A-Za-z0-9_-]{20}\./i)
  })

  test('SES-24 the cookie ends with the browser: it has neither Max-Age nor Expires', async () => {
    const { setCookie } = await makeSessionKit().signIn()
    expect(setCookie).not.toMatch(/max-age|expires/i)
  })
})

describe('time', () => {
  test('SES-07 a session that is not used for half an hour is over, used before that it is not', async () => {
    const { signIn, visitor, sessions } = makeSessionKit()
    const { cookie, session } = await signIn()
    const later = START + 30 * MINUTE - 1_000
    expect(await visitor(cookie, later)).toMatchObject({ kind: 'known' })
    await sessions.touch(session.id, later)
    expect(await visitor(cookie, START + 45 * MINUTE)).toMatchObject({ kind: 'known' })
    expect(await visitor(cookie, later + 30 * MINUTE)).toMatchObject({ kind: 'stranger', stale: 'idle' })
  })

  test('SES-08 SES-10 a busy session is over after twelve hours; a further authentication begins them anew, mere activity does not', async () => {
    const { signIn, visitor, sessions } = makeSessionKit()
    const [busy, renewed] = [await signIn(), await signIn()]
    for (let at = START; at < START + 11 * HOUR; at += MINUTE) {
      await sessions.touch(busy.session.id, at)
      await sessions.touch(renewed.session.id, at)
    }
    const at = START + 11 * HOUR
    const next = await sessions.rotate(renewed.session, at, [{ kind: 'password', at }])
    const cookie = cookieOf(next?.setCookie ?? '')
    for (let later = at; later <= START + 12 * HOUR; later += MINUTE) {
      await sessions.touch(busy.session.id, later)
      await sessions.touch(next?.session.id ?? '', later)
    }
    expect(await visitor(busy.cookie, START + 12 * HOUR)).toMatchObject({ kind: 'stranger', stale: 'absolute' })
    expect(await visitor(cookie, START + 12 * HOUR)).toMatchObject({ kind: 'known', session: { createdAt: START } })
  })

  test('SES-09 a cookie that the browser should have dropped long ago opens nothing: the server’s clock decides', async () => {
    const { signIn, visitor } = makeSessionKit()
    const { cookie } = await signIn()
    for (const at of [START + HOUR, START + 30 * 24 * HOUR, START + 5_000 * 24 * HOUR])
      expect(await visitor(cookie, at)).toMatchObject({ kind: 'stranger' })
  })
})

describe('the end', () => {
  test('SES-13 a session that ends on one gateway is over on every other at once', async () => {
    const folder = freshFolder()
    const [one, other] = [openSqlite(folder), openSqlite(folder)]
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])))
    const [here, there] = [makeSessionKit({ store: one.sessions }), makeSessionKit({ store: other.sessions })]
    const { cookie, session } = await here.signIn()
    expect(await there.visitor(cookie, START)).toMatchObject({ kind: 'known' })
    expect(await here.sessions.end(session, START + 1, 'logout')).toBe(true)
    expect(await there.visitor(cookie, START + 2)).toMatchObject({ kind: 'stranger', stale: 'logout' })
    const again = await here.signIn()
    expect(await there.sessions.endAll('a-1', START + 3, 'ended-by-owner')).toBe(1)
    expect(await here.visitor(again.cookie, START + 4)).toMatchObject({ kind: 'stranger', stale: 'ended-by-owner' })
  })

  test('a revocation while the password is being checked wins: no session begins', async () => {
    const { sessions, signIn, visitor } = makeSessionKit()
    const { cookie } = await signIn()
    const { generation } = await sessions.standing('a-1')
    // The password is right, and being hashed, when the owner ends all sessions of the account.
    await sessions.endAll('a-1', START + 1, 'ended-by-owner')
    expect(await sessions.start(startOf({ generation, at: START + 2 }))).toEqual({ kind: 'refused', why: 'outdated' })
    expect(await sessions.list('a-1', START + 3)).toEqual([])
    expect(await visitor(cookie, START + 3)).toMatchObject({ kind: 'stranger' })
    expect(await signIn({ at: START + 4 })).toMatchObject({ session: { generation: generation + 1 } })
  })

  test('a session that was ended cannot be rotated into a new one', async () => {
    const { sessions, signIn, events } = makeSessionKit()
    const { session } = await signIn()
    await sessions.end(session, START + 1, 'logout')
    expect(await sessions.rotate(session, START + 2, session.factors)).toBeNull()
    expect(await sessions.list('a-1', START + 2)).toEqual([])
    expect(events.map(({ kind }) => kind)).not.toContain('session.rotated')
  })
})

describe('SES-19 an account that may hold two sessions', () => {
  const third = async (onLimit: 'end-oldest' | 'refuse' | 'end-all') => {
    const kit = makeSessionKit({ limits: { perAccount: 2, onLimit } })
    const first = await kit.signIn({ at: START })
    const second = await kit.signIn({ at: START + 1 })
    const outcome = await kit.sessions.start(startOf({ at: START + 2 }))
    const held = (await kit.sessions.list('a-1', START + 3)).map(({ id }) => id)
    return { ...kit, first: first.session.id, second: second.session.id, outcome, held }
  }

  test('loses the oldest at the third', async () => {
    const { outcome, held, second, events } = await third('end-oldest')
    expect(outcome.kind).toBe('started')
    expect(held).toEqual([second, outcome.kind === 'started' ? outcome.session.id : ''])
    expect(events.filter(({ kind, reason }) => kind === 'session.ended' && reason === 'limit')).toHaveLength(1)
  })

  test('is refused the third', async () => {
    const { outcome, held, first, second, events } = await third('refuse')
    expect(outcome).toEqual({ kind: 'refused', why: 'limit' })
    expect(held).toEqual([first, second])
    expect(events.at(-1)).toMatchObject({ kind: 'session.started', result: 'refused', reason: 'session_limit' })
  })

  test('loses all others at the third', async () => {
    const { outcome, held, events } = await third('end-all')
    expect(held).toEqual([outcome.kind === 'started' ? outcome.session.id : ''])
    expect(events.filter(({ kind, reason }) => kind === 'session.ended' && reason === 'limit')).toHaveLength(2)
  })

  test('holds no more than two, however many log in at once', async () => {
    for (const onLimit of ['end-oldest', 'refuse', 'end-all'] as const) {
      const { sessions } = makeSessionKit({ store: slow(makeSessionKit().store), limits: { perAccount: 2, onLimit } })
      await Promise.all(Array.from({ length: 12 }, (_, n) => sessions.start(startOf({ at: START + n }))))
      const held = await sessions.list('a-1', START + 20)
      expect(held.length, onLimit).toBeLessThanOrEqual(2)
      if (onLimit === 'refuse') expect(held).toHaveLength(2)
    }
  })

  test('is not charged for sessions that time has ended', async () => {
    const { signIn, sessions } = makeSessionKit({ limits: { perAccount: 2, onLimit: 'refuse' } })
    await signIn()
    await signIn()
    expect((await sessions.start(startOf({ at: START + HOUR }))).kind).toBe('started')
  })
})

/** Answers later, so that calls interleave as they do on a remote store. */
function slow(store: SessionStore): SessionStore {
  const wait = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    ...store,
    standing: async (account) => (await wait(), await store.standing(account)),
    insert: async (session) => (await wait(), await store.insert(session)),
    list: async (account) => (await wait(), await store.list(account)),
    revoke: async (id, at, because) => (await wait(), await store.revoke(id, at, because)),
  }
}

describe('the audit trail', () => {
  test('SES-25 tells of each start, rotation and end under a label that is constant for the session and no cookie', async () => {
    const { sessions, signIn, events } = makeSessionKit()
    const { cookie, session } = await signIn()
    const rotated = await sessions.rotate(session, START + 1, session.factors)
    if (rotated === null) throw new Error('not rotated')
    await sessions.end(rotated.session, START + 2, 'logout')
    expect(events.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['session.started', null],
      ['session.ended', 'replaced'],
      ['session.rotated', null],
      ['session.ended', 'logout'],
    ])
    const [started, replaced, next, ended] = events.map(({ actor }) => actor.session)
    expect([replaced, ended]).toEqual([started, next])
    expect(next).not.toBe(started)
    const written = JSON.stringify(events)
    for (const value of [cookie, session.id, cookieOf(rotated.setCookie), rotated.session.id]) expect(written).not.toContain(value)
  })

  test('tells of every session that ends with an account’s sessions, and of no end twice', async () => {
    const { sessions, signIn, events } = makeSessionKit()
    const { session } = await signIn()
    await signIn()
    await sessions.endAll('a-1', START + 1, 'account-disabled')
    await sessions.end(session, START + 2, 'logout')
    expect(events.filter(({ kind }) => kind === 'session.ended').map(({ reason }) => reason)).toEqual([
      'account-disabled',
      'account-disabled',
    ])
  })
})

test('roles are those that the account has now, in sessions that run as well', async () => {
  const { signIn, visitor } = makeSessionKit()
  const { cookie } = await signIn({ roles: ['staff'] })
  expect(await visitor(cookie, START)).toMatchObject({ kind: 'known', roles: ['staff'] })
  await signIn({ roles: [] })
  expect(await visitor(cookie, START)).toMatchObject({ kind: 'known', roles: [] })
})

test('SES-22 when the store is down nobody is known, and nothing is taken for an answer', async () => {
  const stores = openSqlite(freshFolder())
  const { sessions, signIn } = makeSessionKit({ store: stores.sessions })
  const { cookie, session } = await signIn()
  await stores.close()
  const calls = [
    async () => await sessions.claim(cookie),
    async () => await sessions.touch(session.id, START),
    async () => await sessions.end(session, START, 'logout'),
    async () => await sessions.endAll('a-1', START, 'logout'),
    async () => await sessions.start(startOf()),
    async () => await sessions.rotate(session, START, session.factors),
    async () => await sessions.list('a-1', START),
  ]
  for (const call of calls) await expect(call()).rejects.toThrow(GateError)
  await expect(calls[0]?.()).rejects.toMatchObject({ code: 'store_unavailable' })
})
