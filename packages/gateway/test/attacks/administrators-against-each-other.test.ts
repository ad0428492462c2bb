import { createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ADMIN_TABLE } from '../../src/admin/admin-api.ts'
import type { AdminCall } from '../../src/admin/endpoint.ts'
import { openAdminSignIn } from '../../src/admin/open.ts'
import type { AdminParts } from '../../src/admin/parts.ts'
import { NO_SETUP_CODE } from '../../src/admin/setup-code.ts'
import { COMMAND } from '../../src/audit/event.ts'
import type { Config } from '../../src/config/paths.ts'
import { memoryStores } from '../../src/store/memory.ts'
import { accountOf } from '../conformance/accounts.ts'
import { makeSession } from '../fixtures.ts'
import { adminClient, adminCookie, ADMIN_PASSWORD, firstOwner, signInAgain } from '../admin-kit.ts'
import { call } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'
import { codeAt } from '../second-factor.ts'

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})
const open = async (): Promise<Kit> => (kit = await startKit())
const NOW = Date.UTC(2026, 10, 23, 12)
const why = { reason: 'of two owners one is no friend' }

/** What a row does, without the way to it; its store takes a turn for each answer, so that two calls go side by side. */
function sideBySide() {
  const { accounts, factors, sessions, counters, nonces } = memoryStores()
  const late = async <T>(answer: T): Promise<Awaited<T>> => {
    const known = await answer
    await new Promise((resolve) => setImmediate(resolve))
    return known
  }
  const slow: typeof accounts = { ...accounts, list: () => late(accounts.list()), findByKey: (name) => late(accounts.findByKey(name)) }
  const key = createSecretKey(randomBytes(32))
  const audit = { note: () => undefined, commit: () => Promise.resolve() }
  const admins = openAdminSignIn({
    stores: { accounts: slow, factors, sessions, counters, nonces, close: () => undefined },
    deriveKey: () => key,
    audit,
    random: randomBytes,
    setup: NO_SETUP_CODE,
    config: () => ({}) as Config,
  })
  return { accounts, admins, parts: { admins, audit, random: randomBytes } }
}

test.each([
  ['setAdminRole', { role: 'viewer' }],
  ['disableAdmin', {}],
  ['resetAdmin', {}],
])('two owners who take each other’s place at the same moment leave one owner: %s', async (id, body) => {
  const { accounts, parts } = sideBySide()
  for (const name of ['olga', 'otto']) await accounts.insert(accountOf(name, { name, key: name, roles: ['owner'], password: 'a hash' }))
  const run = ADMIN_TABLE.find((row) => row.id === id)?.run
  const by = async (who: string, whom: string) =>
    await run?.({
      parts: parts as unknown as AdminParts,
      at: NOW,
      cause: { at: NOW, actor: COMMAND },
      params: { name: whom },
      body,
      admin: { session: makeSession({ account: who }), name: who, role: 'owner' },
    } as unknown as AdminCall)
  const said = await Promise.all([by('olga', 'otto'), by('otto', 'olga')])
  expect(said.map((each) => each?.kind)).toEqual(['done', 'refused'])
  expect((await accounts.findByKey('olga'))?.roles).toEqual(['owner'])
})

test('of many who show the first owner’s code at once one is made an owner', async () => {
  const own = await open()
  const tries = Array.from({ length: 6 }, (_, at) => ({ code: own.running.setupCode, account: `owner-${at}`, password: ADMIN_PASSWORD }))
  const said = await Promise.all(tries.map((body) => adminClient(own.running.adminPort).post('/setup', body)))
  expect(said.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    200,
    ...Array(5).fill(said.find(({ status }) => status !== 200)?.status),
  ])
})

test('an invitation is good for one password, also for two who show it at once', async () => {
  const own = await open()
  const owner = await firstOwner(own)
  const { code } = (await owner.post('/admins', { name: 'otto', role: 'owner', ...why })).json()
  const accept = async (password: string) =>
    await adminClient(own.running.adminPort).post('/invitation', { code, account: 'otto', password })
  const said = await Promise.all([accept(`${ADMIN_PASSWORD} one`), accept(`${ADMIN_PASSWORD} two`)])
  expect(said.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('a code of the authenticator counts once: at the sign-in, or for what is grave, and not twice at once', async () => {
  const own = await open()
  const owner = await signInAgain(own, await firstOwner(own))
  expect((await owner.post('/step-up', { code: codeAt(owner.seed, own.clock.now) })).code).toBe('code_wrong')
  own.clock.now += 60_000
  const code = codeAt(owner.seed, own.clock.now)
  const clients = [adminClient(own.running.adminPort), adminClient(own.running.adminPort)]
  for (const client of clients) await client.post('/login', { account: 'olga', password: ADMIN_PASSWORD })
  const said = await Promise.all(clients.map((client) => client.post('/login/factor', { code })))
  expect(said.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('a reason forges no line, neither in the trail nor in a file', async () => {
  const own = await open()
  const owner = await firstOwner(own)
  const reason = 'so\n{"kind":"login.succeeded"}\r\n\u001b[2J\u0000"}'
  expect((await owner.post('/accounts/ada/disable', { reason })).status).toBe(200)
  const acted = (await own.stores.audit.read({ limit: 1, kind: 'admin.acted' }))[0]
  expect(acted?.reason).not.toMatch(/\p{Cc}/u)
  await own.running.close(0)
  const lines = readFileSync(join(own.folder, 'data/audit.jsonl'), 'utf8').trimEnd().split('\n')
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ kind: expect.any(String), actor: expect.any(Object) })
})

test('a request that is too large, written in another way or shows two sessions gets nothing', async () => {
  const own = await open()
  const owner = await firstOwner(own)
  const port = own.running.adminPort
  expect((await owner.post('/accounts/ada/disable', { reason: 'x'.repeat(70_000) })).code).toBe('body_too_large')
  const deep = {
    headers: [
      ['x-csrf', '1'],
      ['content-type', 'application/json'],
    ],
    cookie: adminCookie(owner),
  } as const
  for (const body of [`{"reason":${'['.repeat(30_000)}`, '[]', 'null', '{"reason":"as it is","__proto__":{"role":"owner"},"x":1}'])
    expect((await call(port, 'POST', '/admin/accounts/ada/disable', { ...deep, body })).status).toBeGreaterThanOrEqual(400)
  for (const path of [
    '/admin//sessions',
    '/admin/sessions/',
    '/ADMIN/sessions',
    '/admin/./sessions',
    '/admin/x/../sessions',
    '/admin/%73essions%2f',
    '/admin/sessions%00',
  ])
    expect([403, 404], path).toContain((await call(port, 'GET', path, { cookie: adminCookie(owner) })).status)
  for (const method of ['PUT', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'])
    expect((await call(port, method, '/admin/panic', { cookie: adminCookie(owner) })).status, method).toBeGreaterThanOrEqual(400)
  expect((await call(port, 'GET', '/admin/me', { cookie: `${adminCookie(owner)}; ${adminCookie(owner)}` })).status).toBe(401)
  expect((await own.stores.accounts.findByKey('ada'))?.disabledAt).toBeNull()
})
