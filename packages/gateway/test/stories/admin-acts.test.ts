import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { namedUses } from '../../src/account/named-uses.ts'
import { ADMIN_TABLE } from '../../src/admin/admin-api.ts'
import { type AdminClient, adminClient, ADMIN_PASSWORD, firstOwner, invited, type Said, type SignedAdmin } from '../admin-kit.ts'
import { makeSelfSigned } from '../certificates.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { codeAt } from '../second-factor.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

interface Staff {
  readonly kit: Kit
  readonly owner: SignedAdmin
  readonly otto: SignedAdmin
  readonly vera: SignedAdmin
}

async function open(options: KitOptions = {}): Promise<Staff> {
  const own = (kit = await startKit(options))
  const owner = await firstOwner(own)
  return { kit: own, owner, otto: await invited(own, owner, 'otto', 'operator'), vera: await invited(own, owner, 'vera', 'viewer') }
}

async function makeClientPem(name: string): Promise<string> {
  const { cert, key } = await makeSelfSigned([`${name}.example.com`])
  return `${cert}\n${key}`
}

const why = { reason: 'as the story has it' }
const statusOf = async (own: Kit, cookie: string): Promise<number> => (await own.call('GET', '/api/shop/x', { cookie })).status
const listed = (said: Said, name: string): readonly Record<string, unknown>[] => said.json()[name] as readonly Record<string, unknown>[]

test('accounts: in pages, locked and opened, with a new password demanded, and never with a password', async () => {
  const { kit, owner, otto, vera } = await open()
  for (const name of ['anna', 'bea', 'carl']) await kit.addAccount(name, ['staff'])
  const first = await vera.get('/accounts?limit=2')
  expect(listed(first, 'accounts').map(({ name }) => name)).toEqual(['ada', 'anna'])
  const second = await vera.get(`/accounts?limit=2&cursor=${first.json()['next'] as string}`)
  expect(listed(second, 'accounts').map(({ name }) => name)).toEqual(['bea', 'carl'])
  expect(second.json()['next']).toBeNull()
  expect((await vera.get('/accounts?prefix=B')).json()).toMatchObject({ accounts: [{ name: 'bea' }] })
  expect((await vera.get(`/sessions?cursor=${first.json()['next'] as string}`)).code).toBe('admin_request_refused')
  expect(first.text).not.toMatch(/argon2|password"/)

  const cookie = await kit.signIn()
  expect((await otto.post('/accounts/ADA/disable', why)).json()).toMatchObject({ name: 'ada', state: 'disabled' })
  expect(await statusOf(kit, cookie)).toBe(401)
  await expect(kit.signIn()).rejects.toThrow('401')
  expect((await otto.post('/accounts/ada/enable', why)).json()).toMatchObject({ state: 'active' })
  const again = await kit.signIn()
  expect((await otto.post('/accounts/ada/force-reset', why)).json()).toEqual({ withoutSecondFactor: ['ada'] })
  expect(await statusOf(kit, again)).toBe(401)
  expect((await vera.get('/accounts/ada')).json()).toMatchObject({ state: 'new-password-due', factors: [] })
  expect((await otto.post('/accounts/ada/send-reset', why)).code).toBe('admin_conflict')
  expect((await owner.post('/accounts/force-reset-all', why)).json()).toMatchObject({ accounts: 4 })
  for (const path of ['/accounts/nobody/disable', '/accounts/nobody/force-reset']) expect((await otto.post(path, why)).status).toBe(404)
})

test('REV-10 an account’s new roles count for its sessions from the next request on', async () => {
  const { kit, owner } = await open({ config: { shop: { access: { role: 'staff' } } } })
  const cookie = await kit.signIn()
  expect(await statusOf(kit, cookie)).toBe(403)
  expect((await owner.post('/accounts/ada/roles', { roles: ['staff'], ...why })).json()).toMatchObject({ roles: ['staff'] })
  expect(await statusOf(kit, cookie)).toBe(200)
  await owner.post('/accounts/ada/roles', { roles: [], ...why })
  expect(await statusOf(kit, cookie)).toBe(403)
  expect((await owner.post('/accounts/ada/roles', { roles: ['no such\nname'], ...why })).code).toBe('admin_request_refused')
})

test('a second factor is taken away with the sessions that may be on it', async () => {
  const { kit, otto } = await open()
  const cookie = await kit.signIn()
  const shown = JSON.parse((await kit.call('POST', '/auth/factors/totp', { cookie, json: {} })).text) as Record<string, string>
  const code = codeAt(shown['key'] ?? '', kit.clock.now)
  const added = await kit.call('POST', '/auth/factors/totp', { cookie, json: { enrolment: shown['enrolment'], code } })
  const now =
    added
      .all('set-cookie')
      .find((line) => line.startsWith('__Host-Http-session='))
      ?.split(';', 1)[0] ?? ''
  expect(await statusOf(kit, now)).toBe(200)
  const factors = listed(await otto.get('/accounts/ada'), 'factors')
  expect(new Set(factors.map(({ kind }) => kind))).toEqual(new Set(['recovery-codes', 'totp']))
  expect(JSON.stringify(factors)).not.toContain(shown['key'])
  const totp = factors.find(({ kind }) => kind === 'totp')
  expect((await otto.post(`/accounts/ada/factors/${totp?.['id'] as string}/remove`, why)).json()).toEqual({ ended: 1 })
  expect(await statusOf(kit, now)).toBe(401)
  expect((await otto.post('/accounts/ada/factors/none/remove', why)).status).toBe(404)
})

test('keys of programs: shown once, good at once, ended at once', async () => {
  const { kit, owner, otto, vera } = await open()
  const wish = { name: 'report', allow: ['shop: GET /**'], expiresAt: null, ...why }
  const made = (await owner.post('/machine-keys', wish)).json()
  const byProgram = async (): Promise<number> => {
    const authorization = `Bearer ${made['key'] as string}`
    return (await kit.call('GET', '/api/shop/x', { from: 'none', headers: [['authorization', authorization]] })).status
  }
  expect(await byProgram()).toBe(200)
  const list = await vera.get('/machine-keys')
  expect(listed(list, 'machineKeys')[0]).toMatchObject({ name: 'report', scopes: ['shop: GET /**'], revokedAt: null })
  expect(list.text).not.toMatch(new RegExp(`digest|${made['key'] as string}`))
  expect((await owner.post('/machine-keys', wish)).code).toBe('admin_conflict')
  for (const change of [
    { allow: ['bank: GET /**'] },
    { allow: ['shop: GET products'] },
    { from: ['somewhere'] },
    { expiresAt: '2001-01-01T00:00:00Z' },
  ])
    expect((await owner.post('/machine-keys', { ...wish, name: 'other', ...change })).code, JSON.stringify(change)).toBe(
      'admin_request_refused',
    )
  expect((await otto.post(`/machine-keys/${made['id'] as string}/revoke`, why)).status).toBe(204)
  expect(await byProgram()).toBe(401)
  expect((await otto.post(`/machine-keys/${made['id'] as string}/revoke`, why)).status).toBe(404)
})

test('the vault: its list says no value, a new value is used at once, what is disabled or revoked is used no more', async () => {
  const { kit, owner, otto, vera } = await open()
  const cookie = await kit.signIn()
  const list = await vera.get('/secrets')
  expect(listed(list, 'secrets')[0]).toMatchObject({ name: 'shop-key', kind: 'secret', disabled: null })
  expect(list.text).not.toContain(kit.secret)
  expect(JSON.stringify(listed(list, 'secrets')[0]?.['versions'])).toContain('"fingerprint":null,"lastFour":null')
  expect(JSON.stringify(listed(await owner.get('/secrets'), 'secrets')[0]?.['versions'])).toMatch(/"fingerprint":"[0-9a-f]{16}"/)

  const next = 'the-next-value-of-the-shop'
  const rotated = await owner.post('/secrets/shop-key/rotate', { value: next, overlap: '0s', ...why })
  expect(rotated.status).toBe(200)
  expect(rotated.text).not.toContain(next)
  await kit.call('GET', '/api/shop/y', { cookie })
  expect(JSON.stringify(kit.upstream.requests.at(-1))).toContain(next)
  expect((await otto.post('/secrets/shop-key/disable', why)).status).toBe(204)
  expect(await statusOf(kit, cookie)).toBe(503)
  expect((await otto.post('/secrets/shop-key/disable', why)).code).toBe('admin_conflict')
  expect(listed(await vera.get('/secrets'), 'secrets')[0]?.['disabled']).toMatchObject({ rule: null, reason: why.reason })
  expect((await owner.post('/secrets/shop-key/enable', why)).status).toBe(204)
  expect(await statusOf(kit, cookie)).toBe(200)
  expect((await owner.post('/secrets/shop-key/revoke', why)).status).toBe(200)
  expect(await statusOf(kit, cookie)).toBe(503)
  const added = { name: 'other-key', value: 'another-value-for-it', placement: 'bearer', origins: [kit.upstream.origin] }
  expect((await owner.post('/secrets', { ...added, ...why })).json()).toMatchObject({ name: 'other-key', placement: 'bearer' })
  expect((await owner.post('/secrets', { ...added, ...why })).code).toBe('admin_conflict')
  expect((await owner.post('/secrets/nothing/rotate', { value: 'something-long', ...why })).status).toBe(404)
  const written = JSON.stringify(await kit.stores.audit.read({ limit: 500 })) + readFileSync(join(kit.folder, 'access.log'), 'utf8')
  for (const value of [next, added.value]) expect(written).not.toContain(value)
})

test('VLT-09 each kind of secret is put in and given its next value, now or from a time on, and none comes back', async () => {
  const pem = await makeClientPem('one')
  // A certificate is for today.
  const { kit, owner, vera } = await open({ startAt: systemClock() })
  const { origin } = kit.upstream
  const root = 'root-of-a-window-with-40-characters-1234'
  const shared = Buffer.alloc(32, 7).toString('base64url')
  const add = async (path: string, body: object): Promise<Said> => await owner.post(path, { origins: [origin], ...body, ...why })
  const version = (said: Said, at = 0) => listed(said, 'versions')[at]
  expect((await add('/secrets', { name: 'window', value: root, placement: 'bearer', windowSeconds: 30 })).json()).toMatchObject({
    kind: 'window',
  })
  expect((await add('/signing-keys', { name: 'pair' })).json()).toMatchObject({ kind: 'signing-key' })
  expect((await add('/signing-keys', { name: 'shared', algorithm: 'hmac-sha256' })).code).toBe('admin_request_refused')
  expect((await add('/signing-keys', { name: 'shared', algorithm: 'hmac-sha256', shared })).status).toBe(200)
  const client = { tokenEndpoint: 'http://127.0.0.1:9/token', clientId: 'shop' }
  expect((await add('/secrets/oauth-clients', { name: 'client', value: 'client-secret-number-one', ...client })).json()).toMatchObject({
    kind: 'oauth',
  })
  for (const wrong of [
    { tokenEndpoint: 'http://id.example.com/token' },
    { authentication: 'private_key_jwt' },
    { authentication: 'private_key_jwt', clientKey: 'pair' },
    { value: undefined },
    { ca: 'no authority' },
    { ca: pem },
  ])
    expect(
      (await add('/secrets/oauth-clients', { name: 'other', value: 'client-secret-number-one', ...client, ...wrong })).status,
      JSON.stringify(wrong),
    ).toBe(422)
  const tls = 'https://api.example.com'
  expect((await add('/secrets/client-certificates', { name: 'cert', value: pem, origins: [tls] })).json()).toMatchObject({
    kind: 'client-certificate',
  })
  expect((await add('/secrets/client-certificates', { name: 'cert-2', value: 'no certificate', origins: [tls] })).code).toBe(
    'admin_request_refused',
  )

  const later = new Date(kit.clock.now + 3_600_000).toISOString()
  for (const [name, value] of [
    ['window', `${root}-next`],
    ['client', 'client-secret-number-two'],
    ['cert', await makeClientPem('two')],
  ] as const) {
    const said = await owner.post(`/secrets/${name}/rotate`, { value, notBefore: later, overlap: '2h', ...why })
    expect([said.status, version(said), version(said, 1)?.['state']], name).toMatchObject([200, { version: 2, state: 'staged' }, 'active'])
  }
  expect((await owner.post('/secrets/pair/rotate', { value: 'not-a-key', ...why })).code).toBe('admin_request_refused')
  expect(version(await owner.post('/signing-keys/pair/rotate', why))).toMatchObject({ version: 2, state: 'staged' })
  expect((await owner.post('/signing-keys/shared/rotate', why)).code).toBe('admin_request_refused')
  expect((await owner.post('/signing-keys/pair/rotate', { shared, ...why })).code).toBe('admin_request_refused')
  const next = Buffer.alloc(32, 8).toString('base64url')
  expect(version(await owner.post('/signing-keys/shared/rotate', { shared: next, ...why }))).toMatchObject({ version: 2 })
  expect((await vera.get('/signing-keys/pair/public')).json()['keys']).toHaveLength(2)
  expect((await vera.get('/signing-keys/shared/public')).status).toBe(404)

  const written = (await owner.get('/secrets')).text + JSON.stringify(await kit.stores.audit.read({ limit: 500 }))
  for (const value of [root, shared, next, 'client-secret-number', 'PRIVATE KEY']) expect(written).not.toContain(value)
})

test('VLT-09 a value that was replaced and is not used any more is safe to revoke, and one that is used is not', async () => {
  const { kit, owner, vera } = await open()
  const cookie = await kit.signIn()
  expect(await statusOf(kit, cookie)).toBe(200)
  const versions = async () => listed(await vera.get('/secrets'), 'secrets')[0]?.['versions'] as readonly Record<string, unknown>[]
  expect((await versions()).map(({ unusedSince }) => unusedSince)).toEqual([null])
  await owner.post('/secrets/shop-key/rotate', { value: 'the-next-value-of-the-shop', ...why })
  expect((await versions())[1]).toMatchObject({ state: 'retiring', unusedSince: null })
  kit.clock.now += 120_000
  await owner.post('/step-up', { code: codeAt(owner.seed, kit.clock.now) })
  await owner.post('/secrets/shop-key/rotate', { value: 'one-more-value-of-the-shop', ...why })
  expect(await statusOf(kit, cookie)).toBe(200)
  expect((await versions()).map(({ state, unusedSince }) => [state, unusedSince])).toEqual([
    ['active', null],
    ['retiring', new Date(kit.clock.now).toISOString()],
    ['retiring', new Date(kit.clock.now).toISOString()],
  ])
})

test('a secret’s uses are told by route and account, and a person who is erased is nobody in them', async () => {
  const { kit, owner, vera } = await open({ config: { shop: { access: 'visitor' } } })
  const made = (await owner.post('/machine-keys', { name: 'report', allow: ['shop: GET /**'], expiresAt: null, ...why })).json()
  const cookie = await kit.signIn()
  for (let count = 0; count < 3; count += 1) expect(await statusOf(kit, cookie)).toBe(200)
  expect((await kit.call('POST', '/api/shop/orders', { cookie, json: {} })).status).toBe(200)
  const bearer = [['authorization', `Bearer ${made['key'] as string}`]] as const
  expect((await kit.call('GET', '/api/shop/x', { from: 'none', headers: bearer })).status).toBe(200)
  expect((await kit.call('GET', '/api/shop/x')).status).toBe(401)
  const uses = async () => listed(await vera.get('/secrets/shop-key/uses'), 'uses').map(({ route, name, count }) => [count, route, name])
  await expect.poll(async () => (await uses()).length, { timeout: 15_000 }).toBe(3)
  expect(await uses()).toEqual([
    [3, 'shop: GET /**', 'ada'],
    [1, 'shop: GET /**', 'report'],
    [1, 'shop: POST /orders', 'ada'],
  ])
  expect((await vera.get('/secrets/none/uses')).status).toBe(404)
  await owner.post('/secrets/shop-key/revoke', why)
  expect((await kit.call('GET', '/api/shop/x', { cookie })).status).toBe(503)
  await kit.running.close(0)
  expect((await kit.stores.uses.top('shop-key', 0, 10)).reduce((sum, { count }) => sum + count, 0)).toBe(5)
  await kit.stores.accounts.remove((await kit.stores.accounts.findByKey('ada'))?.id ?? '')
  expect((await namedUses(kit.stores, 'shop-key', 0, 10)).map(({ via, name, count }) => [count, via, name])).toEqual([
    [3, 'account', null],
    [1, 'machine-key', 'report'],
    [1, 'account', null],
  ])
})

test('PRIV-07 an owner gets what is kept about a person, and that he did is in the trail', async () => {
  const { kit, owner, otto } = await open()
  await kit.signIn()
  expect((await otto.post('/accounts/ada/export', why)).code).toBe('role_required')
  const said = await owner.post('/accounts/ADA/export', why)
  expect(said.json()).toMatchObject({ account: { name: 'ada' }, sessions: [{ methods: ['password'] }], eventsCut: false })
  expect(said.text).not.toMatch(/argon2|olga/)
  expect(await kit.stores.audit.read({ limit: 1, kind: 'account.exported' })).toMatchObject([{ target: 'ada', actor: { via: 'admin' } }])
  expect((await owner.post('/accounts/nobody/export', why)).status).toBe(404)
})

test('bans: an address, an account, a session are shut out at once and let in again; viewers see no address', async () => {
  const { kit, otto, vera } = await open({ config: { trustedProxies: ['127.0.0.1'] } })
  const cookie = await kit.signIn()
  const from = (address: string) =>
    kit.call('GET', '/api/shop/x', {
      cookie,
      headers: [
        ['x-forwarded-for', address],
        ['x-forwarded-proto', 'http'],
      ],
    })
  expect((await from('198.51.100.7')).status).toBe(200)
  const ban = async (kind: string, value: string): Promise<Said> => await otto.post('/bans', { kind, value, for: '1h', ...why })
  const address = (await ban('address', '198.51.100.7')).json()
  expect(address).toMatchObject({ kind: 'ip.net', value: '198.51.100.7', reason: 'by otto' })
  expect((await from('198.51.100.7')).status).toBe(403)
  expect((await from('198.51.100.8')).status).toBe(200)
  expect((await ban('address', '198.51.100.7')).code).toBe('admin_conflict')
  expect(listed(await vera.get('/bans'), 'bans')[0]).toMatchObject({ kind: 'ip.net', value: null })
  expect((await otto.post(`/bans/${address['id'] as string}/lift`, why)).status).toBe(200)
  expect((await from('198.51.100.7')).status).toBe(200)
  const session = listed(await otto.get('/sessions'), 'sessions')[0]?.['session'] as string
  const bySession = (await ban('session', session)).json()
  expect((await from('198.51.100.7')).status).toBe(403)
  await otto.post(`/bans/${bySession['id'] as string}/lift`, why)
  expect((await ban('account', 'ada')).json()).toMatchObject({ kind: 'account', value: 'ada' })
  expect((await from('198.51.100.7')).status).toBe(403)
  for (const [kind, value] of [
    ['account', 'nobody'],
    ['session', 'none'],
  ] as const)
    expect((await ban(kind, value)).status).toBe(404)
  expect((await ban('address', '127.0.0.1')).code).toBe('admin_conflict')
  expect((await otto.post('/bans', { kind: 'address', value: '198.51.100.9', for: '2y', ...why })).code).toBe('admin_request_refused')
})

test('the guard: how its rules stand; disarmed by an owner, armed again by an operator', async () => {
  const { kit, owner, otto, vera } = await open({ guard: 'default' })
  const shown = (await vera.get('/guard')).json()
  expect(shown).toMatchObject({ on: true, armed: true })
  expect((shown['rules'] as readonly unknown[]).length).toBeGreaterThan(2)
  expect((await owner.post('/guard/disarm', why)).json()).toEqual({ armed: false })
  await expect.poll(async () => (await vera.get('/guard')).json()['armed'], { timeout: 3000 }).toBe(false)
  expect(readFileSync(join(kit.folder, 'data/guard/disarmed'), 'utf8')).toContain(why.reason)
  expect((await otto.post('/guard/arm', why)).json()).toEqual({ armed: true })
  await expect.poll(async () => (await vera.get('/guard')).json()['armed'], { timeout: 3000 }).toBe(true)
})

test('PRIV-04 the audit trail: whose address it tells to whom; an owner gets all of it, as an export that can be checked', async () => {
  const { kit, owner, otto, vera } = await open()
  const cookie = await kit.signIn()
  await kit.call('POST', '/auth/login', { json: { account: 'ada', password: 'not the password at all' } })
  const events = async (client: AdminClient, kind: string) => listed(await client.get(`/audit?kind=${kind}`), 'events')
  await expect.poll(async () => (await events(owner, 'login.failed')).length).toBe(1)
  const seen = async (client: AdminClient) => [
    (await events(client, 'session.started')).at(-1)?.['address'],
    (await events(client, 'login.failed'))[0]?.['address'],
  ]
  expect(await seen(owner)).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(await seen(otto)).toEqual([null, '127.0.0.1'])
  expect(await seen(vera)).toEqual([null, null])
  const page = (await vera.get('/audit?limit=3')).json()
  const further = await vera.get(`/audit?limit=3&before=${page['next'] as number}`)
  expect(listed(further, 'events')[0]?.['seq']).toBe((page['next'] as number) - 1)
  expect(cookie).not.toBe('')

  const entries: Record<string, unknown>[] = []
  for (let after = 0; ;) {
    const said = await owner.get(`/audit/chain?after=${after}&limit=20`)
    if (listed(said, 'entries').length === 0) break
    entries.push(...listed(said, 'entries'))
    after = said.json()['last'] as number
  }
  const { heads, publicKey } = (await owner.get('/audit/signatures')).json() as { heads: readonly { seq: number }[]; publicKey: string }
  const last = heads.at(-1)?.seq ?? 0
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1))
  expect(last).toBeGreaterThan(10)
  expect(publicKey).toMatch(/^[\w-]{43}$/)
})

test('why a request was refused, for whoever has the identifier that the visitor was shown', async () => {
  const { kit, otto, vera } = await open()
  const refused = JSON.parse((await kit.call('GET', '/api/shop/x')).text) as { request: string }
  await expect.poll(async () => (await otto.get(`/decisions/${refused.request}`)).status, { timeout: 3000 }).toBe(200)
  expect((await otto.get(`/decisions/${refused.request}`)).json()).toMatchObject({
    verdict: 'refused',
    code: 'session_required',
    path: '/api/shop/x',
  })
  expect((await vera.get(`/decisions/${refused.request}`)).code).toBe('role_required')
  expect((await otto.get('/decisions/none')).status).toBe(404)
})

test('REV-09 a panic by an owner closes everything at once; it is lifted by the same page, and revives nothing', async () => {
  const { kit, owner, otto, vera } = await open()
  const cookie = await kit.signIn()
  const made = (await owner.post('/machine-keys', { name: 'report', allow: ['shop: GET /**'], expiresAt: null, ...why })).json()
  const again = adminClient(kit.running.adminPort)
  kit.clock.now += 60_000
  await again.post('/login', { account: 'olga', password: ADMIN_PASSWORD })
  await again.post('/login/factor', { code: codeAt(owner.seed, kit.clock.now) })
  expect((await otto.post('/panic', why)).code).toBe('role_required')
  expect((await vera.get('/panic')).json()).toEqual({ closed: false, since: null, reason: null })
  const reached = kit.upstream.requests.length
  const done = (await owner.post('/panic', { reason: 'a laptop is gone' })).json()
  expect(done).toMatchObject({ wasOpen: true, broken: [] })
  expect(done['lockedMs']).toBeLessThan(1000)
  const steps = Object.fromEntries((done['steps'] as readonly { step: string; text: string }[]).map(({ step, text }) => [step, text]))
  expect(steps).toMatchObject({ sessions: '1 ended', administrators: '3 sessions ended', 'machine keys': '1 ended' })
  expect((await kit.call('GET', '/api/shop/x', { cookie })).header('cloakroom-error')).toBe('locked_down')
  expect((await kit.call('POST', '/auth/login', { json: {} })).header('cloakroom-error')).toBe('locked_down')
  expect(kit.upstream.requests).toHaveLength(reached)
  for (const client of [otto, vera, again]) expect((await client.get('/me')).code).toBe('session_required')
  expect((await owner.get('/panic')).json()).toMatchObject({ closed: true, reason: 'a laptop is gone' })
  expect((await owner.get('/health')).json()).toEqual({ status: 'failing', failing: ['lockdown'] })
  expect((await owner.post('/panic', why)).json()).toMatchObject({ wasOpen: false })
  expect((await owner.post('/panic/lift', why)).status).toBe(204)
  expect((await owner.post('/panic/lift', why)).code).toBe('admin_conflict')
  expect(await statusOf(kit, cookie)).toBe(401)
  const bearer = `Bearer ${made['key'] as string}`
  expect((await kit.call('GET', '/api/shop/x', { from: 'none', headers: [['authorization', bearer]] })).status).toBe(401)
  expect((await kit.stores.audit.read({ limit: 5, kind: 'panic.begun' }))[0]).toMatchObject({ actor: { via: 'admin', account: 'olga' } })
})

test('REV-09 a panic shuts also when nothing can be written into the audit trail, and says that', async () => {
  let broken = false
  const { kit, owner } = await open({
    wrapStores: (stores) => ({
      ...stores,
      audit: {
        ...stores.audit,
        append(events, pen) {
          if (broken) throw new Error('the disk is full')
          return stores.audit.append(events, pen)
        },
      },
    }),
  })
  broken = true
  expect((await owner.post('/accounts/ada/disable', why)).status).toBe(503)
  expect((await owner.post('/panic', why)).json()).toMatchObject({ wasOpen: true, broken: ['audit'] })
  expect((await kit.call('GET', '/api/shop/x')).header('cloakroom-error')).toBe('locked_down')
  broken = false
})

test('REV-02 JWTs of other issuers are denied where some API takes them', async () => {
  const { kit, otto } = await open()
  expect((await otto.post('/jwts/deny', { what: 'jti', value: 'j-1', ...why })).code).toBe('admin_conflict')
  await kit.close()
  const jwt = { issuer: 'https://id.example.com', audience: 'shop', keys: 'https://id.example.com/jwks.json' }
  const other = await open({ config: { shop: { access: { jwt } } } })
  expect((await other.otto.post('/jwts/deny', { what: 'jti', value: 'j-1', ...why })).json()).toEqual({ issuers: [jwt.issuer] })
  expect(await other.kit.stores.denials.find([{ issuer: jwt.issuer, what: 'jti', value: 'j-1' }])).toEqual([Number.MAX_SAFE_INTEGER])
})

test('one’s own account: password, further apps, recovery codes, and never without a second factor', async () => {
  const { kit, vera } = await open()
  const offer = (await vera.post('/me/factors/totp', why)).json()
  const confirm = { enrolment: offer['enrolment'], code: codeAt(offer['key'] as string, kit.clock.now), ...why }
  const only = listed(await vera.get('/me/factors'), 'factors').find(({ kind }) => kind === 'totp')
  expect((await vera.post(`/me/factors/${only?.['id'] as string}/remove`, why)).code).toBe('last_factor')
  expect((await vera.post('/me/factors/totp/confirm', { ...confirm, code: '000000' })).code).toBe('code_wrong')
  expect((await vera.post('/me/factors/totp/confirm', confirm)).status).toBe(204)
  expect((await vera.get('/me')).code).toBe('session_required')
  kit.clock.now += 60_000
  await vera.post('/login', { account: 'vera', password: ADMIN_PASSWORD })
  expect((await vera.post('/login/factor', { code: codeAt(offer['key'] as string, kit.clock.now) })).status).toBe(200)
  expect((await vera.post('/me/recovery-codes', why)).json()['recoveryCodes']).toHaveLength(10)
  const change = { currentPassword: 'wrong one of hers', newPassword: 'another password of veras', ...why }
  expect((await vera.post('/me/password', change)).code).toBe('password_wrong')
  expect((await vera.post('/me/password', { ...change, currentPassword: ADMIN_PASSWORD, newPassword: 'short' })).code).toBe(
    'password_refused',
  )
  expect((await vera.post('/me/password', { ...change, currentPassword: ADMIN_PASSWORD })).status).toBe(204)
  expect((await vera.get('/me')).code).toBe('session_required')
})

test('what the document says of the answers is what comes: no more, and no less', async () => {
  const { kit, owner } = await open({ guard: 'default' })
  await kit.signIn()
  await owner.post('/bans', { kind: 'address', value: '198.51.100.7', for: '1h', ...why })
  await owner.post('/machine-keys', { name: 'report', allow: ['shop: GET /**'], expiresAt: null, ...why })
  for (const row of ADMIN_TABLE.filter(({ method, path }) => method === 'GET' && !path.includes('{'))) {
    const said = await owner.get(row.path)
    expect(said.status, row.id).toBe(200)
    expect(row.answer?.parse(said.json()), row.id).toEqual(said.json())
    expect(said.header('cache-control')).toBe('no-store')
  }
  const config = await owner.get('/config')
  expect(config.json()).toMatchObject({ guard: 'default-rules', apis: [{ name: 'shop', credential: 'shop-key', access: 'login' }] })
  expect(config.text).not.toContain(kit.secret)
})
