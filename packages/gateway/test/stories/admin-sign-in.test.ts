import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ADMIN_COOKIE } from '../../src/decide/cookies.ts'
import { openAdminSqlite } from '../../src/store/sqlite/open-admin.ts'
import { sessionOf } from '../conformance/sessions.ts'
import { adminClient, adminCookie, ADMIN_PASSWORD, firstOwner, invited, signInAgain } from '../admin-kit.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { codeAt } from '../second-factor.ts'

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})
const open = async (): Promise<Kit> => (kit = await startKit())

test('PWD-16 the first owner is made with a one-time code: it opens nothing twice, nothing when it is over, and another start has none', async () => {
  const kit = await open()
  const stranger = adminClient(kit.running.adminPort)
  const wish = { code: kit.running.setupCode, account: 'olga', password: ADMIN_PASSWORD }
  expect(kit.running.setupCode).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/)
  expect((await stranger.post('/login', { account: 'admin', password: 'admin' })).code).toBe('login_failed')
  expect((await stranger.post('/setup', { ...wish, code: 'AAAAA-BBBBB-CCCCC-DDDDD' })).code).toBe('admin_code_over')
  expect((await stranger.post('/setup', { ...wish, password: 'short' })).code).toBe('password_refused')
  const [one, other] = await Promise.all([
    stranger.post('/setup', wish),
    adminClient(kit.running.adminPort).post('/setup', { ...wish, account: 'eve' }),
  ])
  expect([one.status, other.status].toSorted((a, b) => a - b)).toEqual([200, 410])
  expect((await stranger.post('/setup', { ...wish, account: 'otto' })).status).toBe(410)
  const second = await kit.twin()
  expect(second.running.setupCode).toBeNull()
})

test('PWD-16 the setup code is over after an hour', async () => {
  const kit = await open()
  kit.clock.now += 3_600_000
  const stranger = adminClient(kit.running.adminPort)
  expect((await stranger.post('/setup', { code: kit.running.setupCode, account: 'olga', password: ADMIN_PASSWORD })).status).toBe(410)
})

test('ADM-01 a password alone opens nothing: the session begins with the second factor, and it can be shown once more', async () => {
  const kit = await open()
  const owner = await firstOwner(kit)
  expect((await owner.get('/me')).json()).toMatchObject({ account: 'olga', role: 'owner' })
  expect(owner.recoveryCodes.length).toBeGreaterThan(5)
  kit.clock.now += 60_000
  const half = adminClient(kit.running.adminPort)
  expect((await half.post('/login', { account: 'olga', password: ADMIN_PASSWORD })).json()).toEqual({
    next: 'second-factor',
    methods: ['totp', 'recovery-code'],
  })
  expect(half.cookies.has(ADMIN_COOKIE)).toBe(false)
  expect((await half.get('/me')).code).toBe('session_required')
  expect((await half.post('/login/factor', { code: '000000' })).code).toBe('code_wrong')
  expect((await half.post('/login/totp')).code).toBe('login_outdated')
  expect((await half.post('/login/factor', { code: owner.recoveryCodes[0] })).status).toBe(200)
  expect((await half.get('/me')).status).toBe(200)
  await half.post('/logout')
  expect((await half.get('/me')).code).toBe('session_required')
})

test('ADM-01 what is grave needs a second factor of the last five minutes; a stolen cookie of before opens nothing after it', async () => {
  const kit = await open()
  const owner = await firstOwner(kit)
  const stolen = adminCookie(owner)
  kit.clock.now += 300_000
  const wish = { name: 'vera', role: 'viewer', reason: 'she looks after the shop' }
  const refused = await owner.post('/admins', wish)
  expect([refused.code, refused.json()['stepUp'], refused.json()['maxAge']]).toEqual(['step_up_required', '/admin/step-up', 300])
  expect((await owner.post('/step-up', { code: '000000' })).code).toBe('code_wrong')
  expect((await owner.post('/step-up', { code: codeAt(owner.seed, kit.clock.now) })).status).toBe(200)
  expect((await owner.post('/admins', wish)).status).toBe(200)
  expect((await adminClient(kit.running.adminPort).get('/me', { cookie: stolen })).code).toBe('session_required')
})

test('an administrator is no visitor and a visitor no administrator: accounts, passwords and cookies of one open nothing of the other', async () => {
  const kit = await open()
  const owner = await firstOwner(kit, 'ada')
  const visitor = await kit.signIn('ada')
  const asAdmin = adminClient(kit.running.adminPort)
  expect((await asAdmin.post('/login', { account: 'ada', password: PASSWORD })).code).toBe('login_failed')
  expect((await asAdmin.get('/me', { cookie: visitor })).code).toBe('session_required')
  const value = visitor.slice(visitor.indexOf('=') + 1)
  expect((await asAdmin.get('/me', { cookie: `${ADMIN_COOKIE}=${value}` })).code).toBe('session_required')
  expect((await kit.call('GET', '/api/shop/x', { cookie: adminCookie(owner) })).status).toBe(401)
  const own = adminCookie(owner).slice(ADMIN_COOKIE.length)
  expect((await kit.call('GET', '/api/shop/x', { cookie: `__Host-Http-session${own}` })).status).toBe(401)
  expect((await kit.call('POST', '/auth/login', { json: { account: 'ada', password: ADMIN_PASSWORD } })).status).toBe(401)
  // Both cookies in one browser, as on localhost: the API never sees the administrator's.
  await kit.call('GET', '/api/shop/x', { cookie: `${visitor}; ${adminCookie(owner)}` })
  expect(JSON.stringify(kit.upstream.requests)).not.toContain(own)
  expect(await kit.stores.accounts.list()).toHaveLength(1)
  const signedIn = async () => (await kit.stores.audit.read({ limit: 5, kind: 'login.succeeded', account: 'ada' })).map((event) => event)
  await expect.poll(async () => (await signedIn()).length).toBe(2)
  expect((await signedIn()).map(({ actor, detail }) => [actor.via, detail['administrator'] ?? false])).toEqual([
    ['browser', false],
    ['admin', true],
  ])
})

test('ADM-01 whoever can write into the administrators’ files gains nothing by it without the vault’s keys and a second factor', async () => {
  const kit = await open()
  await firstOwner(kit)
  const stores = openAdminSqlite(join(kit.folder, 'data'), () => kit.clock.now)
  const [visitor] = await kit.stores.accounts.list()
  expect(await stores.accounts.insert({ ...visitor!, roles: ['owner'] })).toBe(true)
  const client = adminClient(kit.running.adminPort)
  // The visitor's hash, in the right file: it was made under another key.
  expect((await client.post('/login', { account: 'ada', password: PASSWORD })).code).toBe('login_failed')
  const { now } = kit.clock
  const cookie = 'a'.repeat(43)
  const times = { createdAt: now, authenticatedAt: now, seenAt: now }
  const session = sessionOf(cookie, { account: visitor!.id, name: 'ada', ...times })
  await stores.sessions.setRoles(visitor!.id, ['owner'])
  await stores.sessions.insert({ ...session, factors: [{ kind: 'password', at: now }] })
  expect((await client.get('/me', { cookie: `${ADMIN_COOKIE}=${cookie}` })).code).toBe('session_required')
  await stores.close()
})

test('MFA-21 an owner invites and resets, and never sets or sees a password', async () => {
  const kit = await open()
  const owner = await firstOwner(kit)
  const vera = await invited(kit, owner, 'vera', 'viewer')
  const reset = await owner.post('/admins/vera/reset', { reason: 'her phone is gone' })
  expect(Object.keys(reset.json()).toSorted()).toEqual(['code', 'expiresAt'])
  expect((await vera.get('/me')).code).toBe('session_required')
  const again = adminClient(kit.running.adminPort)
  expect((await again.post('/login', { account: 'vera', password: ADMIN_PASSWORD })).code).toBe('login_failed')
  const accept = (code: unknown) => again.post('/invitation', { code, account: 'vera', password: ADMIN_PASSWORD })
  expect((await accept('AAAAA-BBBBB-CCCCC-DDDDD')).status).toBe(410)
  expect((await accept(reset.json()['code'])).json()).toMatchObject({ next: 'enrol' })
  expect((await accept(reset.json()['code'])).status).toBe(410)
})

test('REV-10 another role counts from the next request on; there is always an owner who can sign in', async () => {
  const kit = await open()
  const owner = await firstOwner(kit)
  const vera = await invited(kit, owner, 'vera', 'owner')
  expect((await vera.get('/admins')).status).toBe(200)
  expect((await owner.post('/admins/vera/role', { role: 'viewer', reason: 'too much for her' })).status).toBe(204)
  expect((await vera.get('/admins')).code).toBe('role_required')
  expect((await vera.get('/me')).json()['role']).toBe('viewer')
  for (const path of ['/admins/olga/role', '/admins/olga/disable', '/admins/olga/reset']) {
    const body = { reason: 'a slip', ...(path.endsWith('role') ? { role: 'viewer' } : {}) }
    expect((await owner.post(path, body)).code, path).toBe('admin_conflict')
  }
  expect((await owner.post('/admins/vera/disable', { reason: 'she has left' })).status).toBe(204)
  expect((await vera.get('/me')).code).toBe('session_required')
})

test('every change says why, durably and before it happens; a change that cannot be written down is not made', async () => {
  let broken = false
  kit = await startKit({
    wrapStores: (stores) => ({
      ...stores,
      audit: {
        ...stores.audit,
        append: (events, pen) => {
          if (broken) throw new Error('the disk is full')
          return stores.audit.append(events, pen)
        },
      },
    }),
  })
  const owner = await firstOwner(kit)
  const wish = { name: 'vera', role: 'viewer' }
  expect((await owner.post('/admins', wish)).code).toBe('reason_required')
  expect((await owner.post('/admins', { ...wish, reason: '  ' })).code).toBe('reason_required')
  expect((await owner.post('/admins', { ...wish, reason: 'she looks after the shop' })).status).toBe(200)
  const acted = (await kit.stores.audit.read({ limit: 5, kind: 'admin.acted' }))[0]
  expect(acted).toMatchObject({
    actor: { via: 'admin', account: 'olga' },
    target: '/admin/admins',
    reason: 'she looks after the shop',
    detail: { operation: 'inviteAdmin', role: 'owner' },
  })
  expect(JSON.stringify(kit.auditLines())).not.toContain(ADMIN_PASSWORD)
  broken = true
  expect((await owner.post('/admins', { name: 'otto', role: 'viewer', reason: 'as well' })).status).toBe(503)
  broken = false
  expect((await owner.get('/admins')).text).not.toContain('otto')
})

test('a page of another website cannot act for an administrator, nor one that reaches us under its own name', async () => {
  const kit = await open()
  const owner = await firstOwner(kit)
  const wish = { name: 'eve', role: 'owner', reason: 'a page of hers' }
  const csrf = ['x-csrf', '1'] as const
  expect((await owner.post('/admins', wish, { headers: [] })).code).toBe('csrf_header_missing')
  for (const site of ['cross-site', 'same-site', 'none'])
    expect((await owner.post('/admins', wish, { headers: [csrf, ['sec-fetch-site', site]] })).code, site).toBe('cross_site')
  expect((await owner.get('/me', { headers: [['sec-fetch-site', 'cross-site']] })).code).toBe('cross_site')
  expect((await owner.post('/admins', wish, { headers: [csrf, ['origin', 'http://localhost:1']] })).code).toBe('cross_site')
  expect((await owner.get('/me', { host: 'rebound.example' })).code).toBe('misdirected')
  expect(
    (await owner.post('/admins', wish, { json: undefined, body: JSON.stringify(wish), headers: [csrf, ['content-type', 'text/plain']] }))
      .code,
  ).toBe('media_type_refused')
  expect((await owner.get('/admins')).text).not.toContain('eve')
})

test('guessing an administrator’s password or code ends soon, whoever is asked for', async () => {
  const kit = await open()
  const owner = await firstOwner(kit)
  const guesser = adminClient(kit.running.adminPort)
  const codes: (string | null)[] = []
  for (let tried = 0; tried < 8; tried += 1)
    codes.push((await guesser.post('/login', { account: 'olga', password: `guess number ${tried}` })).code)
  expect(codes.slice(0, 5)).toEqual(Array(5).fill('login_failed'))
  expect(codes.at(-1)).toBe('too_many_attempts')
  const stranger: (string | null)[] = []
  for (let tried = 0; tried < 70; tried += 1) stranger.push((await guesser.get('/me')).code)
  expect(stranger.at(-1)).toBe('too_many_attempts')
  expect((await owner.get('/me')).status).toBe(200)
  kit.clock.now += 3_600_000
  expect((await signInAgain(kit, owner)).cookies.has(ADMIN_COOKIE)).toBe(true)
})
