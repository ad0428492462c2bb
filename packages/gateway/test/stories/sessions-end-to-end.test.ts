import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { GateError } from '../../src/errors.ts'
import { type Kit, type KitOptions, PASSWORD, startKit } from '../kit.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SITE = resolve(import.meta.dirname, '../../demo/site')
const PATH = '/api/shop/products'

let kit: Kit
const open: Kit[] = []
async function start(options: KitOptions = {}): Promise<string> {
  kit = await startKit(options)
  open.push(kit)
  return await kit.signIn()
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const valueOf = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1)
const status = async (cookie: string): Promise<number> => (await kit.call('GET', PATH, { cookie })).status

/** Everything in the kit's folder, the database and its WAL included. */
function files(): Buffer {
  const names = readdirSync(kit.folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile())
  return Buffer.concat(names.map((entry) => readFileSync(join(entry.parentPath, entry.name))))
}

describe('the identifier', () => {
  test('SES-01 SES-02 is 256 bits that mean nothing, new at every login, and kept nowhere: the store holds its SHA-256', async () => {
    const first = valueOf(await start())
    const second = valueOf(await kit.signIn())
    for (const value of [first, second]) expect(value).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(Buffer.from(first, 'base64url')).toHaveLength(32)
    expect(first.slice(0, 4)).not.toBe(second.slice(0, 4))
    expect(Buffer.from(first, 'base64url').toString()).not.toMatch(/ada|2026/)
    await kit.call('GET', PATH, { cookie: `__Host-Http-session=${first}` })
    const digest = createHash('sha256').update(Buffer.from(first, 'base64url')).digest()
    const kept = files()
    expect(kept.includes(first)).toBe(false)
    expect(kept.includes(Buffer.from(first, 'base64url'))).toBe(false)
    expect(
      [
        digest,
        Buffer.from(digest.toString('base64url')),
        Buffer.from(digest.toString('hex')),
        createHash('sha256').update(first).digest(),
        Buffer.from(createHash('sha256').update(first).digest('base64url')),
      ].some((form) => kept.includes(form)),
    ).toBe(true)
  })

  test('SES-05 one that we did not issue opens nothing, begins nothing and is not echoed', async () => {
    await start()
    const before = await kit.stores.sessions.listAll(100)
    const made = 'A'.repeat(42) + 'E'
    const answer = await kit.call('GET', PATH, { cookie: `__Host-Http-session=${made}` })
    expect([answer.status, answer.header('set-cookie')]).toEqual([401, null])
    expect(answer.raw.includes(made)).toBe(false)
    expect(await kit.stores.sessions.listAll(100)).toEqual(before)
    expect(kit.upstream.requests).toHaveLength(0)
  })

  test('SES-06 COO-13 counts in the cookie only, is in no answer but in Set-Cookie, and never goes upstream', async () => {
    const cookie = await start()
    const value = valueOf(cookie)
    for (const [path, headers] of [
      [`${PATH}?sid=${value}&session=${value}`, []],
      [PATH, [['x-session', value]]],
      [PATH, [['authorization', `Bearer ${value}`]]],
    ] as const) {
      expect((await kit.call('GET', path, { headers })).status).toBe(401)
    }
    for (const [method, path] of [
      ['GET', PATH],
      ['GET', '/auth/session'],
      ['GET', '/auth/login'],
      ['GET', '/auth/password'],
      ['GET', '/api/none'],
      ['POST', '/auth/visit'],
      ['POST', '/auth/logout'],
    ] as const) {
      expect((await kit.call(method, path, { cookie })).raw.includes(value)).toBe(false)
    }
    expect(kit.upstream.requests).toHaveLength(1)
    expect(kit.upstream.requests[0]?.head.includes(value)).toBe(false)
  })
})

describe('its time', () => {
  test('SES-07 SES-09 thirty minutes without use end it on the server, whatever the browser still sends', async () => {
    const cookie = await start()
    kit.clock.now += 30 * MINUTE - 1000
    expect(await status(cookie)).toBe(200)
    kit.clock.now += 30 * MINUTE + 1000
    expect(await status(cookie)).toBe(401)
    expect(await status(`${cookie}; max-age=99999999`)).toBe(401)
    kit.clock.now -= 30 * MINUTE
    // What time has ended stays ended, even if a clock is put back.
    expect(await status(cookie)).toBe(401)
  })

  test('SES-08 SES-10 twelve hours end it although it was used every quarter of an hour; a new login begins anew', async () => {
    let cookie = await start()
    const begun = kit.clock.now
    while (kit.clock.now + 15 * MINUTE < begun + 12 * HOUR) {
      kit.clock.now += 15 * MINUTE
      expect(await status(cookie)).toBe(200)
    }
    const renewed = await kit.signIn()
    kit.clock.now = begun + 12 * HOUR + 1000
    expect(await status(cookie)).toBe(401)
    cookie = renewed
    expect(await status(cookie)).toBe(200)
    expect(JSON.parse((await kit.call('GET', '/auth/session', { cookie })).text)).toMatchObject({
      expiresAt: new Date(begun + 11.75 * HOUR + 12 * HOUR).toISOString(),
    })
  })

  test('SES-11 SES-23 a page that only asks who is signed in does not keep the session alive', async () => {
    const cookie = await start()
    for (let minute = 0; minute < 29; minute += 1) {
      kit.clock.now += MINUTE
      expect((await kit.call('GET', '/auth/session?passive=1', { cookie })).text).toContain('"active":true')
    }
    kit.clock.now += 2 * MINUTE
    expect(await status(cookie)).toBe(401)
  })

  test('SES-26 a hundred calls within a minute write the session once, and the idle end comes at most a minute early', async () => {
    let touches = 0
    const cookie = await start({
      wrapStores: (stores) => ({
        ...stores,
        sessions: { ...stores.sessions, touch: (id, at) => ((touches += 1), stores.sessions.touch(id, at)) },
      }),
    })
    const begun = kit.clock.now
    for (let call = 0; call < 100; call += 1) {
      kit.clock.now = begun + MINUTE + call * 500
      expect(await status(cookie)).toBe(200)
    }
    expect(touches).toBe(1)
    const last = kit.clock.now
    kit.clock.now = last + 29 * MINUTE
    expect(await status(cookie)).toBe(200)
    kit.clock.now += 30 * MINUTE + 1
    expect(await status(cookie)).toBe(401)
  })
})

describe('its end', () => {
  test('SES-13 signed out at one gateway, signed out at every gateway on the store', async () => {
    const cookie = await start()
    const twin = await kit.twin()
    expect((await twin.call('GET', PATH, { cookie })).status).toBe(200)
    expect((await kit.call('POST', '/auth/logout', { cookie })).status).toBe(204)
    expect((await twin.call('GET', PATH, { cookie })).status).toBe(401)
    expect((await twin.call('GET', '/auth/session', { cookie })).text).toBe('{"active":false}')
  })

  test('SES-03 SES-04 signing in again ends the session that was shown', async () => {
    const before = await start()
    const answer = await kit.call('POST', '/auth/login', { cookie: before, json: { account: 'ada', password: PASSWORD } })
    const after =
      answer
        .all('set-cookie')
        .find((line) => line.startsWith('__Host-Http-session='))
        ?.split(';')[0] ?? ''
    expect(after).not.toBe(before)
    expect([await status(before), await status(after)]).toEqual([401, 200])
  })
})

describe('SES-22 a session store that is down', () => {
  test.each([
    ['GET', PATH],
    ['GET', '/auth/session'],
    ['POST', '/auth/logout'],
    ['GET', '/'],
  ])('%s %s gets 503: nobody is let in, nobody is signed out, nothing goes upstream', async (method, path) => {
    let down = false
    const cookie = await start({
      config: { site: { folder: SITE, access: 'login' } },
      wrapStores: (stores) => ({
        ...stores,
        sessions: {
          ...stores.sessions,
          find(id) {
            if (down) throw new GateError('store_unavailable', 'switched off')
            return stores.sessions.find(id)
          },
        },
      }),
    })
    down = true
    const answer = await kit.call(method, path, { cookie })
    down = false
    expect([answer.status, answer.header('cloakroom-error'), answer.header('set-cookie')]).toEqual([503, 'store_unavailable', null])
    expect(kit.upstream.requests).toHaveLength(0)
    expect(await status(cookie)).toBe(200)
  })
})

test('SES-23 the question who is signed in tells the name and the times, never an identifier, and nobody may keep the answer', async () => {
  const cookie = await start()
  const known = await kit.call('GET', '/auth/session', { cookie })
  const stranger = await kit.call('GET', '/auth/session')
  expect([known.status, stranger.status, stranger.text]).toEqual([200, 200, '{"active":false}'])
  expect(Object.keys(JSON.parse(known.text) as object).toSorted()).toEqual(['account', 'active', 'expiresAt', 'idleExpiresAt', 'roles'])
  for (const answer of [known, stranger]) {
    expect(answer.header('cache-control')).toBe('no-store')
    expect(answer.text).not.toMatch(/eyJ|[A-Za-z0-9_-]{40,}/)
  }
})

test('SES-25 no log holds a cookie; the same session has the same label in every line, another session another', async () => {
  const first = await start()
  await status(first)
  const second = await kit.signIn()
  await kit.call('POST', '/auth/logout', { cookie: first })
  await kit.call('POST', '/auth/logout', { cookie: second })
  const labels = kit
    .auditLines()
    .filter(({ kind }) => kind === 'session.started' || kind === 'session.ended' || kind === 'logout')
    .map(({ kind, actor }) => [kind, (actor as { session: string | null }).session] as const)
  expect(labels.map(([kind]) => kind)).toEqual(['session.started', 'session.started', 'session.ended', 'logout', 'session.ended', 'logout'])
  const [one, two] = labels.map(([, label]) => label)
  expect(one).toMatch(/^[A-Za-z0-9_-]{16}$/)
  expect(two).not.toBe(one)
  expect(labels.map(([, label]) => label)).toEqual([one, two, one, one, two, two])
  for (const cookie of [first, second]) expect(files().includes(valueOf(cookie))).toBe(false)
})

test('SES-15 REV-10 a role, and an account whose sessions were all ended, count at the next request', async () => {
  await start({ config: { shop: { access: { role: 'staff' } } } })
  await kit.addAccount('grace', ['staff'])
  const [ada, grace] = [await kit.signIn('ada'), await kit.signIn('grace')]
  expect([await status(ada), await status(grace)]).toEqual([403, 200])
  const [session] = (await kit.stores.sessions.listAll(100)).filter(({ name }) => name === 'grace')
  await kit.stores.sessions.revokeAll(session?.account ?? '', kit.clock.now, 'account-disabled')
  expect([await status(ada), await status(grace)]).toEqual([403, 401])
  const [other] = await kit.stores.sessions.listAll(100)
  await kit.stores.sessions.setRoles(other?.account ?? '', ['staff'])
  expect(await status(ada)).toBe(200)
  await kit.stores.sessions.setRoles(other?.account ?? '', [])
  expect(await status(ada)).toBe(403)
})
