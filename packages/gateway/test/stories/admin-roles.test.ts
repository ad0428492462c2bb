import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ADMIN_TABLE } from '../../src/admin/admin-api.ts'
import { ADMIN_COOKIE, ADMIN_PROGRESS_COOKIE } from '../../src/decide/cookies.ts'
import { adminClient, type AdminClient, ADMIN_PASSWORD, firstOwner, invited, type SignedAdmin } from '../admin-kit.ts'
import { type Kit, startKit } from '../kit.ts'
import { EXPECTED } from '../admin-roles.ts'

let kit: Kit
let admins: Record<'viewer' | 'operator' | 'owner', SignedAdmin>
let half: AdminClient
beforeAll(async () => {
  kit = await startKit()
  const owner = await firstOwner(kit)
  admins = { owner, operator: await invited(kit, owner, 'otto', 'operator'), viewer: await invited(kit, owner, 'vera', 'viewer') }
  half = adminClient(kit.running.adminPort)
  await half.post('/login', { account: 'olga', password: ADMIN_PASSWORD })
})
afterAll(() => kit.close())

let strangers = 0
const ORDER = ['viewer', 'operator', 'owner'] as const
const fill = (path: string): string => path.replaceAll(/\{\w+\}/g, 'nobody-of-that-name')
const send = (client: AdminClient, { method, path }: (typeof ADMIN_TABLE)[number]) =>
  method === 'GET' ? client.get(fill(path)) : client.post(fill(path))

test('ADM-01 the table is what was decided: who may call what, what is a change and what is grave', () => {
  const found = Object.fromEntries(
    ADMIN_TABLE.map(({ id, callers, change, grave }) => [
      id,
      [callers, ...(change ? ['change'] : []), ...(grave ? ['grave'] : [])].join(' '),
    ]),
  )
  expect(found).toEqual(EXPECTED)
  for (const { method, change } of ADMIN_TABLE) if (change) expect(method).toBe('POST')
})

test('MFA-21 no change to somebody else’s account takes or answers a password', () => {
  const others = ADMIN_TABLE.filter(({ path }) => !/^\/(?:setup|invitation|login|me\/password)/.test(path))
  expect(others.length).toBeGreaterThan(10)
  for (const { id, body, answer } of others) {
    const schemas = JSON.stringify([body, answer].map((schema) => (schema === null ? null : z.toJSONSchema(schema, { io: 'input' }))))
    expect(schemas, id).not.toMatch(/"(?!hasPassword")[a-z]*password[a-z]*":/i)
  }
})

describe('ADM-01 every endpoint of the Admin API', () => {
  test.each(ADMIN_TABLE.filter(({ id }) => id !== 'logout').map((row) => [row.id, row] as const))('%s', async (id, row) => {
    const callers = EXPECTED[id]?.split(' ', 1)[0] ?? ''
    const nobody = adminClient(kit.running.adminPort)
    // Later for each, so that strangers are not too many; what is grave needs the time of before.
    const { now } = kit.clock
    kit.clock.now += (strangers += 1) * 5000
    const bare = await send(nobody, row)
    const begun = await send(half, row)
    kit.clock.now = now
    expect(nobody.cookies.has(ADMIN_COOKIE)).toBe(false)
    expect(half.cookies.has(ADMIN_COOKIE)).toBe(false)
    expect(bare.status).toBeGreaterThanOrEqual(400)
    expect(begun.status).toBeGreaterThanOrEqual(400)
    if (callers === 'anyone') return
    expect(bare.code).toBe(callers === 'begun' ? 'login_outdated' : 'session_required')
    if (callers === 'begun') return
    expect(begun.code).toBe('session_required')
    for (const role of ORDER) {
      const may = ORDER.indexOf(role) >= ORDER.indexOf(callers as 'viewer')
      const said = await send(admins[role], row)
      expect(said.code === 'role_required', `${role}: ${said.status} ${said.text}`).toBe(!may)
      expect(said.status).toBeLessThan(500)
      if (may && row.method === 'GET') expect([200, 404]).toContain(said.status)
      if (may && row.change) expect(said.code).toBe('reason_required')
      expect(said.code).not.toBe('session_required')
    }
  })

  test('what is grave is not done with an old second factor, whatever the role', async () => {
    const before = kit.clock.now
    kit.clock.now += 300_000
    for (const row of ADMIN_TABLE.filter(({ grave }) => grave))
      expect((await send(admins.owner, row)).code, row.id).toBe('step_up_required')
    kit.clock.now = before
  })

  test('ADM-01 nothing of it is on the public port, whoever asks and however the path is written', async () => {
    for (const row of ADMIN_TABLE) {
      for (const path of [
        `/admin${fill(row.path)}`,
        `/auth/admin${fill(row.path)}`,
        `/api/shop/../../admin${fill(row.path)}`,
        `//admin${fill(row.path)}`,
      ]) {
        const cookie = `${ADMIN_COOKIE}=${admins.owner.cookies.get(ADMIN_COOKIE) ?? ''}`
        const said = await kit.call(row.method, path, {
          cookie,
          headers: [['x-csrf', '1']],
          ...(row.method === 'POST' ? { json: {} } : {}),
        })
        expect([400, 404, 405], `${row.method} ${path}: ${said.text}`).toContain(said.status)
        expect(said.text).not.toContain('olga')
      }
    }
    for (const path of ['/metrics', '/healthz']) expect((await kit.call('GET', path)).status).toBe(404)
  })

  test('what is not in the table is not there, and a wrong method is named', async () => {
    for (const path of ['/', '/nothing', '/sessions/', '/accounts/a%2Fb', '/accounts/%zz', '/me/..'])
      expect((await admins.owner.get(path)).status, path).toBe(404)
    const wrong = await admins.owner.get('/login')
    expect([wrong.status, wrong.header('allow')]).toEqual([405, 'POST'])
  })
})

test('the OpenAPI document is made from the table, is what is served, and is in the documentation', async () => {
  const served = (await admins.viewer.get('/openapi.json')).json()
  const written = JSON.parse(
    readFileSync(join(resolve(import.meta.dirname, '../../../..'), 'docs/reference/admin-api.json'), 'utf8'),
  ) as unknown
  expect(served).toEqual(written)
  const paths = served['paths'] as Record<string, Record<string, { operationId: string; requestBody?: unknown }>>
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(ADMIN_TABLE.map(({ id }) => id).toSorted())
  for (const row of ADMIN_TABLE.filter(({ change }) => change))
    expect(JSON.stringify(paths[`/admin${row.path}`]?.['post']?.requestBody), row.id).toContain('"reason"')
  expect(ADMIN_PROGRESS_COOKIE).not.toBe(ADMIN_COOKIE)
})

test('ADM-04 health and metrics say nothing of administrators, visitors or secrets', async () => {
  const cookie = await kit.signIn()
  await kit.call('GET', '/api/shop/x', { cookie })
  for (const path of ['/metrics', '/healthz']) {
    const { text } = await (await fetch(`http://127.0.0.1:${kit.running.adminPort}${path}`)).text().then((text) => ({ text }))
    for (const word of [kit.secret, cookie.split('=')[1] ?? '', 'olga', 'ada', admins.owner.seed]) expect(text).not.toContain(word)
  }
})
