import { randomBytes } from 'node:crypto'
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, type Called } from '../call.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'

const PATH = '/api/shop/products/1'
const DAY_MS = 86_400_000

let kit: Kit
beforeEach(async () => {
  kit = await startKit()
})
afterEach(() => kit.close())

const file = (name: string): string => join(kit.folder, 'data', name)

/** Refused, and nothing else happened: the cookie is the visitor's to keep, and the upstream heard nothing. */
function expectRefused(answer: Called, sent: number): void {
  expect({ status: answer.status, cookies: answer.all('set-cookie') }).toEqual({ status: 503, cookies: [] })
  expect(kit.upstream.requests).toHaveLength(sent)
}

async function health(): Promise<{ readonly status: number; readonly failing: readonly string[] }> {
  const answer = await call(kit.running.adminPort, 'GET', '/healthz', { from: 'none' })
  return { status: answer.status, failing: (JSON.parse(answer.text) as { failing?: string[] }).failing ?? [] }
}

describe('a database file that is taken away', () => {
  test.each([
    ['hot.sqlite', 'sessions'],
    ['durable.sqlite', 'accounts'],
  ])('SES-22 %s is deleted under the gateway: nobody passes, and the health check says which store', async (name, failing) => {
    const cookie = await kit.signIn()
    expect((await kit.call('GET', PATH, { cookie })).status).toBe(200)
    for (const end of ['', '-wal', '-shm']) rmSync(file(name + end), { force: true })
    kit.clock.now += 1_001
    expectRefused(await kit.call('GET', PATH, { cookie }), 1)
    const { status, failing: parts } = await health()
    expect(status).toBe(503)
    expect(parts).toContain(failing)
  })

  test('SES-22 a revocation in a file that replaced ours is not overlooked: nobody passes until the restart', async () => {
    const cookie = await kit.signIn()
    renameSync(file('hot.sqlite'), file('hot.sqlite.old'))
    writeFileSync(file('hot.sqlite'), '')
    kit.clock.now += 1_001
    expectRefused(await kit.call('GET', PATH, { cookie }), 0)
    expectRefused(await kit.call('POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } }), 0)
    // What was lost by mistake can be put back.
    renameSync(file('hot.sqlite.old'), file('hot.sqlite'))
    kit.clock.now += 1_001
    expect((await kit.call('GET', PATH, { cookie })).status).toBe(200)
  })
})

describe('a database that another process sits on', () => {
  test('SES-22 reads go on, writes are refused, only the first of them waits, and all is well afterwards', async () => {
    const cookie = await kit.signIn()
    const other = new DatabaseSync(file('hot.sqlite'))
    try {
      other.exec('BEGIN IMMEDIATE')
      expect((await kit.call('GET', PATH, { cookie })).status).toBe(200)
      // From now on the session's activity is to be noted at each call.
      kit.clock.now += 120_000
      expectRefused(await kit.call('GET', PATH, { cookie }), 1)
      const began = performance.now()
      for (let round = 0; round < 5; round += 1) expectRefused(await kit.call('GET', PATH, { cookie }), 1)
      expect(performance.now() - began).toBeLessThan(1500)
      expect(await health()).toEqual({ status: 503, failing: ['disk'] })
    } finally {
      other.exec('ROLLBACK')
      other.close()
    }
    expect((await kit.call('GET', PATH, { cookie })).status).toBe(200)
    expect(await health()).toEqual({ status: 200, failing: [] })
  })
})

describe('a database whose pages are overwritten', () => {
  test.each(['hot.sqlite', 'durable.sqlite'])('SES-22 %s is noise: no visitor is anybody else, and the gateway lives', async (name) => {
    await kit.addAccount('bob')
    const [ada, bob] = [await kit.signIn(), await kit.signIn('bob')]
    expect((await kit.call('GET', PATH, { cookie: ada })).status).toBe(200)
    for (const end of ['', '-wal']) scramble(file(name + end))
    kit.clock.now += 120_000
    for (const [cookie, account] of [
      [ada, 'ada'],
      [bob, 'bob'],
    ] as const) {
      const answer = await kit.call('GET', '/auth/session', { cookie })
      expect([200, 503]).toContain(answer.status)
      if (answer.status === 200) expect([account, undefined]).toContain((JSON.parse(answer.text) as { account?: string }).account)
      expect(answer.all('set-cookie')).toEqual([])
    }
    const stranger = `__Host-Http-session=${randomBytes(32).toString('base64url')}`
    const sent = kit.upstream.requests.length
    expect([401, 503]).toContain((await kit.call('GET', PATH, { cookie: stranger })).status)
    expect(kit.upstream.requests).toHaveLength(sent)
    const login = await kit.call('POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })
    expect([200, 503]).toContain(login.status)
    expect((await kit.call('GET', '/nowhere')).status).toBe(404)
  })
})

/** All but the first page, whose loss SQLite would notice at once. */
function scramble(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size <= 4096) return
  const handle = openSync(path, 'r+')
  writeSync(handle, randomBytes(size - 4096), 0, size - 4096, 4096)
  closeSync(handle)
}

describe('a clock that jumps', () => {
  test('SES-08 three days forward ends the session, and back again it stays ended', async () => {
    const cookie = await kit.signIn()
    kit.clock.now += 3 * DAY_MS
    expect((await kit.call('GET', PATH, { cookie })).status).toBe(401)
    kit.clock.now -= 3 * DAY_MS
    expect((await kit.call('GET', PATH, { cookie })).status).toBe(401)
    expect(kit.upstream.requests).toHaveLength(0)
    expect((await kit.call('GET', PATH, { cookie: await kit.signIn() })).status).toBe(200)
  })

  test('SES-08 three days back prolongs no session, and whoever signs in then is not locked out', async () => {
    const before = await kit.signIn()
    kit.clock.now -= 3 * DAY_MS
    expect((await kit.call('GET', PATH, { cookie: before })).status).toBe(401)
    const after = await kit.signIn()
    expect((await kit.call('GET', PATH, { cookie: after })).status).toBe(200)
    // Forward again: the session that began three days ago by this clock is over.
    kit.clock.now += 3 * DAY_MS
    expect((await kit.call('GET', PATH, { cookie: after })).status).toBe(401)
  })

  test('RATE-11 a throttle that was full does not stay shut for the length of a jump back', async () => {
    const attempt = async (password: string): Promise<number> =>
      (await kit.call('POST', '/auth/login', { json: { account: 'ada', password } })).status
    for (let time = 0; time < 6; time += 1) await attempt('wrong')
    expect(await attempt(PASSWORD)).toBe(429)
    kit.clock.now -= 3 * DAY_MS
    expect(await attempt(PASSWORD)).toBe(200)
  })
})
