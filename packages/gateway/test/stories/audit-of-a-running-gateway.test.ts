import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { openAuditTrail } from '../../src/audit/audit.ts'
import { auditEvent } from '../../src/audit/event.ts'
import { createChallenges } from '../../src/challenge/challenges.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createDevelopmentCertificate } from '../../src/lib/development-certificate.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createMarks } from '../../src/trap/mark.ts'
import { PURPOSES } from '../../src/purposes.ts'
import { AUDIT_LINE, type ByGateway } from '../audit-kinds.ts'
import { type MailServer, startMailServer, tokenIn } from '../mail-server.ts'
import { type OidcKit, startOidcKit } from '../oidc-kit.ts'
import { makeSelfSigned } from '../certificates.ts'
import { arm, disarm } from '../../src/guard/guard-switch.ts'
import { makeHead } from '../fixtures.ts'
import { solve } from '../solve.ts'
import { manualLater } from '../fakes/later.ts'
import { Authenticator } from '../authenticator.ts'
import { codeAt } from '../second-factor.ts'
import { guardOf, rulesOf } from '../guard-kit.ts'
import { type Kit, type KitOptions, PASSWORD, startKit } from '../kit.ts'
import { firstOwner, invited } from '../admin-kit.ts'

const SITE = resolve(import.meta.dirname, '../../demo/site')
const MINUTE = 60_000
const NAVIGATION = [
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
  ['accept', 'text/html'],
] as const

let kit: Kit
let open: Kit | null = null
let mailServer: MailServer | null = null
afterEach(async () => {
  await open?.close()
  open = null
  await mailServer?.close()
  mailServer = null
})
async function start(options: KitOptions = {}): Promise<Kit> {
  kit = open = await startKit(options)
  return kit
}

async function startAtProvider(): Promise<OidcKit> {
  const apis = (origin: string) => ({
    mine: { path: '/api/mine', upstream: `${origin}/mine`, credential: { oidc: 'acme' }, allow: ['GET /**'] },
  })
  const oidc = await startOidcKit({ apis })
  kit = open = oidc
  return oidc
}

const fetchProducts = (cookie?: string) => kit.call('GET', '/api/shop/products', cookie === undefined ? {} : { cookie })
const login = (password: string, account = 'ada') => kit.call('POST', '/auth/login', { json: { account, password } })

const DECOYS: KitOptions = {
  guard: guardOf('decoys: { keys: { sample: ./env.txt } }', {
    id: 'probe',
    when: 'request.path == "/.env"',
    does: '{ decoy: { profile: keys, else: { block: 404 } } }',
  }),
  files: { 'env.txt': 'key=sk-live-4f9a2bQ7xZk01c8eMw5R\n' },
}

async function startWithMail(): Promise<void> {
  mailServer = await startMailServer()
  await start({ config: { mail: { smtp: mailServer.smtp, from: 'gate@example.com' } } })
  const [ada] = await kit.stores.accounts.list()
  await kit.stores.accounts.update(ada?.id ?? '', { mail: 'ada@example.com' })
}

async function forget(account: string): Promise<void> {
  expect((await kit.call('POST', '/auth/forgot', { json: { account } })).status).toBe(202)
  // Nobody waits for what comes of it: the trail has it a moment later.
  await expect.poll(() => kit.auditLines().some(({ kind }) => kind === 'recovery.requested'), { timeout: 5000 }).toBe(true)
}

async function addFactor(): Promise<{ readonly cookie: string; readonly recoveryCodes: readonly string[] }> {
  const cookie = await (await start()).signIn()
  const shown = await kit.call('POST', '/auth/factors/totp', { cookie, json: {} })
  const { key, enrolment } = JSON.parse(shown.text) as { key: string; enrolment: string }
  const code = codeAt(key, kit.clock.now)
  const added = await kit.call('POST', '/auth/factors/totp', { cookie, json: { enrolment, code } })
  expect(added.status).toBe(200)
  const next = added.all('set-cookie').find((line) => line.startsWith('__Host-Http-session='))
  return { cookie: next?.split(';', 1)[0] ?? '', ...(JSON.parse(added.text) as { recoveryCodes: readonly string[] }) }
}

/** A flow of the whole gateway that ends with such an event, and what the event says besides its kind. */
const FLOWS: Record<ByGateway, { readonly flow: () => Promise<unknown>; readonly says: Record<string, unknown> }> = {
  'gateway.started': { flow: () => start(), says: { actor: { via: 'gateway', account: null, session: null }, result: 'ok' } },
  'gateway.stopped': {
    flow: async () => {
      await start()
      await kit.running.close(0)
    },
    says: { actor: { via: 'gateway', account: null, session: null } },
  },
  'credential.rejected': {
    flow: async () => {
      await start({ upstream: { script: [{ status: 401, body: 'no' }, { body: 'yes' }] } })
      await kit.vault.rotate('shop-key', { value: Buffer.from('another-secret-of-the-kit'), retireAfterMs: 60_000 }, kit.clock.now)
      expect((await fetchProducts(await kit.signIn())).status).toBe(200)
    },
    says: { target: 'shop-key', result: 'ok', reason: 'spare_taken', address: '127.0.0.1', request: expect.any(String) },
  },
  'login.succeeded': {
    flow: async () => (await start()).signIn(),
    says: {
      target: 'ada',
      result: 'ok',
      address: '127.0.0.1',
      request: expect.any(String),
      detail: { factor: 'password', knownDevice: false },
    },
  },
  'login.failed': {
    flow: async () => {
      await start()
      expect((await login('not the password at all')).status).toBe(401)
    },
    says: { target: 'ada', result: 'failed', reason: 'login_failed', detail: expect.objectContaining({ factor: 'password' }) },
  },
  'login.throttled': {
    flow: async () => {
      await start()
      for (let attempt = 0; attempt < 12; attempt += 1) if ((await login('not the password at all')).status === 429) return
      throw new Error('never throttled')
    },
    says: { result: 'refused' },
  },
  'password.locked': {
    flow: async () => {
      await start()
      for (let attempt = 0; attempt < 60; attempt += 1) {
        kit.clock.now += 25 * 60 * MINUTE
        await login('not the password at all')
      }
    },
    says: { target: 'ada', result: 'refused', detail: expect.objectContaining({ failures: expect.any(Number) }) },
  },
  'recovery.requested': {
    flow: async () => {
      await startWithMail()
      await forget('nobody')
    },
    says: { target: null, result: 'refused', reason: 'unknown_account', address: '127.0.0.1', request: expect.any(String) },
  },
  'recovery.mailed': {
    flow: async () => {
      await startWithMail()
      await forget('ada')
      await mailServer?.wait(1)
    },
    says: { target: 'ada', result: 'ok', address: '127.0.0.1', request: expect.any(String) },
  },
  'recovery.opened': {
    flow: async () => {
      await startWithMail()
      await forget('ada')
      const [letter] = (await mailServer?.wait(1)) ?? []
      expect((await kit.call('POST', '/auth/reset', { json: { token: tokenIn(letter) } })).status).toBe(200)
    },
    says: { target: 'ada', result: 'ok', address: '127.0.0.1' },
  },
  'challenge.cleared': {
    flow: async () => {
      await start()
      const key = kit.vault.deriveKey(PURPOSES.challenges)
      const challenges = createChallenges({ key, nonces: kit.stores.nonces, random: systemRandom })
      const head = makeHead({ at: kit.clock.now, client: '127.0.0.1', headers: {} })
      const solution = await solve(await challenges.make(head, 'site', 'easy', '/auth/challenge'))
      expect((await kit.call('POST', '/auth/challenge', { json: { solution } })).status).toBe(204)
    },
    says: { target: 'site', result: 'ok', detail: { difficulty: 'easy' } },
  },
  'challenge.failed': {
    flow: async () => {
      await start()
      expect((await kit.call('POST', '/auth/challenge', { json: { solution: 'none' } })).status).toBe(403)
    },
    says: { result: 'refused', reason: 'unreadable', address: '127.0.0.1' },
  },
  'session.step_up_failed': {
    flow: async () => {
      const cookie = await (await start()).signIn()
      expect((await kit.call('POST', '/auth/step-up', { cookie, json: { password: 'not the password' } })).status).toBe(403)
    },
    says: { target: 'ada', result: 'failed', reason: 'password_wrong', detail: { factor: 'password' } },
  },
  'session.rotated': {
    flow: async () => {
      const cookie = await (await start()).signIn()
      expect((await kit.call('POST', '/auth/step-up', { cookie, json: { password: PASSWORD } })).status).toBe(200)
    },
    says: {
      target: 'ada',
      result: 'ok',
      actor: expect.objectContaining({ via: 'browser', account: 'ada' }),
      detail: { factors: 'password' },
    },
  },
  'factor.added': { flow: addFactor, says: { target: 'ada', result: 'ok', detail: { factor: 'totp' } } },
  'factor.recovery_codes_made': { flow: addFactor, says: { target: 'ada', detail: { codes: 10 } } },
  'factor.recovery_code_used': {
    flow: async () => {
      const { recoveryCodes } = await addFactor()
      const first = await login(PASSWORD)
      const cookie =
        first
          .all('set-cookie')
          .find((line) => line.startsWith('__Host-Http-login='))
          ?.split(';', 1)[0] ?? ''
      expect((await kit.call('POST', '/auth/login/factor', { cookie, json: { code: recoveryCodes[0] } })).status).toBe(200)
    },
    says: { target: 'ada', detail: { left: 9 } },
  },
  'factor.counter_regressed': {
    flow: async () => {
      const cookie = await (await start()).signIn()
      const device = new Authenticator()
      const own = { origin: kit.origin, counter: 7 }
      const ask = async (by: string, kind: string) => {
        const asked = await kit.call('POST', '/auth/passkey/options', { cookie: by, json: { for: kind } })
        const ceremony = asked.all('set-cookie')[0]?.split(';', 1)[0] ?? ''
        return { options: JSON.parse(asked.text) as Record<string, unknown>, cookies: `${by}; ${ceremony}` }
      }
      const first = await ask(cookie, 'register')
      const passkey = device.create(first.options, own)
      expect((await kit.call('POST', '/auth/factors/passkey', { cookie: first.cookies, json: { passkey } })).status).toBe(200)
      const second = await ask('x=1', 'sign-in')
      const userHandle = (await kit.stores.accounts.findByKey('ada'))?.id ?? ''
      const json = { passkey: device.get(second.options, { ...own, userHandle }) }
      expect((await kit.call('POST', '/auth/login/passkey', { cookie: second.cookies, json })).status).toBe(401)
    },
    says: { result: 'refused', reason: 'counter' },
  },
  'factor.removed': {
    flow: async () => {
      const { cookie } = await addFactor()
      const { factors } = JSON.parse((await kit.call('GET', '/auth/factors', { cookie })).text) as { factors: { id: string }[] }
      expect((await kit.call('POST', '/auth/factors/remove', { cookie, json: { id: factors[0]?.id } })).status).toBe(200)
    },
    says: {
      target: 'ada',
      actor: expect.objectContaining({ via: 'browser', account: 'ada' }),
      detail: { factor: 'totp', id: expect.any(String) },
    },
  },
  'password.changed': {
    flow: async () => {
      const cookie = await (await start()).signIn()
      const answer = await kit.call('POST', '/auth/password', {
        cookie,
        json: { currentPassword: PASSWORD, newPassword: 'a new one, long enough' },
      })
      expect(answer.status).toBe(200)
    },
    says: { target: 'ada', result: 'ok', actor: expect.objectContaining({ via: 'browser', account: 'ada' }) },
  },
  logout: {
    flow: async () => {
      const cookie = await (await start()).signIn()
      await kit.call('POST', '/auth/logout', { cookie })
    },
    says: { target: 'ada', actor: { via: 'browser', account: 'ada', session: expect.stringMatching(/^.{16}$/) } },
  },
  'identity.linked': {
    flow: async () => {
      const oidc = await startAtProvider()
      await oidc.browse().signIn()
    },
    says: { target: 'ada at acme', result: 'ok', detail: { provider: 'acme', subject: 'subject-of-ada' } },
  },
  'identity.parted': {
    flow: async () => {
      const oidc = await startAtProvider()
      const browser = oidc.browse()
      await browser.signIn()
      const { id } = (await oidc.stores.accounts.findByKey('ada at acme')) ?? { id: '' }
      await oidc.stores.accounts.update(id, { password: 'a hash' })
      await browser.submit('/auth/identities/part', { provider: 'acme' })
    },
    says: { target: 'ada at acme', result: 'ok', detail: expect.objectContaining({ subject: 'subject-of-ada' }) },
  },
  'grant.ended': {
    flow: async () => {
      const oidc = await startAtProvider()
      const browser = oidc.browse()
      await browser.signIn()
      for (const token of oidc.op.refreshTokens()) await token.destroy()
      oidc.clock.now += 61_000
      expect((await browser.fetch('/api/mine/late')).status).toBe(401)
    },
    says: { target: 'ada at acme', result: 'failed', detail: { why: 'provider_said_invalid_grant' } },
  },
  'grant.revoked': {
    flow: async () => {
      const oidc = await startAtProvider()
      const browser = oidc.browse()
      await browser.signIn()
      await browser.fetch('/auth/logout', { method: 'POST' })
    },
    says: { target: 'ada at acme', result: 'ok', detail: { provider: 'acme', outcome: 'done' } },
  },
  'provider.logout': {
    flow: async () => {
      const oidc = await startAtProvider()
      await oidc.call('POST', '/auth/oidc/backchannel-logout', {
        from: 'none',
        headers: [['content-type', 'application/x-www-form-urlencoded']],
        body: 'logout_token=nonsense',
      })
    },
    says: { target: null, result: 'refused', reason: 'logout_token_refused', detail: { channel: 'back', why: 'unreadable' } },
  },
  'session.started': {
    flow: async () => (await start()).signIn(),
    says: { target: 'ada', actor: { via: 'browser', account: 'ada', session: expect.stringMatching(/^.{16}$/) } },
  },
  'session.ended': {
    flow: async () => {
      const cookie = await (await start()).signIn()
      kit.clock.now += 31 * MINUTE
      expect((await fetchProducts(cookie)).status).toBe(401)
    },
    says: { reason: 'idle', target: 'ada', actor: expect.objectContaining({ via: 'gateway', account: 'ada' }) },
  },
  'action_token.reused': {
    flow: async () => {
      await start({ config: { shop: { actionTokens: { 'POST /orders': 'once' } } } })
      const cookie = await kit.signIn()
      const minted = await kit.call('POST', '/auth/action', { cookie, json: { call: 'POST /api/shop/orders' } })
      const { actionToken } = JSON.parse(minted.text) as { actionToken: string }
      for (const status of [200, 403]) {
        const sent = await kit.call('POST', '/api/shop/orders', { cookie, headers: [['cloakroom-action', actionToken]] })
        expect(sent.status).toBe(status)
      }
    },
    says: { target: 'shop: POST /orders', result: 'refused', reason: 'action_token_spent', request: expect.any(String) },
  },
  'visit.started': {
    flow: async () => {
      await start({ config: { site: SITE, shop: { access: 'visitor' } } })
      await kit.call('GET', '/', { headers: NAVIGATION })
    },
    says: { actor: { via: 'browser', account: null, session: expect.stringMatching(/^.{8}$/) } },
  },
  'request.refused': {
    flow: async () => {
      await start()
      await fetchProducts()
    },
    says: {
      target: 'GET /api/shop/products',
      result: 'refused',
      reason: 'session_required',
      request: expect.any(String),
      address: '127.0.0.1',
    },
  },
  'jwt.refused': {
    flow: async () => {
      const access = { jwt: { issuer: 'https://id.example', audience: 'shop', keys: './keys.json' } }
      await start({ config: { shop: { access } } })
      await kit.call('GET', '/api/shop/products', { from: 'none', headers: [['authorization', 'Bearer nonsense']] })
    },
    says: { result: 'refused', reason: 'not in strict form', detail: { issuer: 'https://id.example' } },
  },
  'machine_key.expiring': {
    flow: async () => {
      const time = manualLater()
      await start({ later: time.later })
      const day = 24 * 60 * MINUTE
      const row = {
        digest: '',
        scopes: [],
        roles: [],
        from: [],
        max: 1,
        perMs: 1,
        createdAt: 0,
        revokedAt: null,
        lastUsedAt: null,
        lastAddress: null,
      }
      for (const [name, days] of [
        ['report', 3],
        ['later', 15],
        ['gone', -15],
      ] as const)
        await kit.stores.machineKeys.insert({ ...row, id: name, name, expiresAt: kit.clock.now + days * day })
      time.pass(MINUTE)
      await pause(50)
    },
    says: { target: 'report', result: 'ok', detail: { id: 'report', notAfter: expect.stringMatching(/Z$/) } },
  },
  'secret.expiring': {
    flow: async () => {
      const time = manualLater()
      await start({ later: time.later })
      const value = { value: Buffer.from('another-secret-of-32-characters!'), placement: { kind: 'bearer' } as const }
      await kit.vault.add(
        'old-key',
        { ...value, origins: [kit.upstream.origin], notAfter: kit.clock.now + 3 * 24 * 60 * MINUTE },
        kit.clock.now,
      )
      time.pass(MINUTE)
      await pause(50)
      time.pass(MINUTE)
    },
    says: { target: 'old-key', result: 'ok', detail: { version: 1, notAfter: expect.stringMatching(/Z$/) } },
  },
  'secret.reflected': {
    flow: async () => {
      await start({ upstream: { script: (request) => ({ body: request.header('authorization') ?? '' }) } })
      await fetchProducts(await kit.signIn())
    },
    says: { target: 'shop-key', reason: 'redacted', detail: expect.objectContaining({ where: 'body' }) },
  },
  'upstream.failed': {
    flow: async () => {
      await start()
      await kit.upstream.close()
      await fetchProducts(await kit.signIn())
    },
    says: { target: 'shop', result: 'failed', reason: 'upstream_unreachable', detail: expect.objectContaining({ cause: 'ECONNREFUSED' }) },
  },
  'clock.skewed': {
    flow: async () => {
      await start({ upstream: { script: () => ({ headers: [['date', new Date(kit.clock.now - 90_000).toUTCString()]] }) } })
      await fetchProducts(await kit.signIn())
    },
    says: { target: 'shop', result: 'failed', reason: 'api', detail: { aheadMs: expect.any(Number) } },
  },
  'upstream.tls_failed': {
    flow: async () => {
      await start({ upstream: { tls: await makeSelfSigned(['127.0.0.1']) } })
      expect((await fetchProducts(await kit.signIn())).status).toBe(502)
    },
    says: { target: 'shop', result: 'failed', reason: 'upstream_untrusted' },
  },
  'audit.lost': {
    flow: async () => {
      await start()
      let broken = true
      const append: typeof kit.stores.audit.append = (events, pen) => {
        if (broken) throw new Error('the disk is full')
        return kit.stores.audit.append(events, pen)
      }
      const time = manualLater()
      const trail = openAuditTrail({
        store: { append },
        file: join(kit.folder, 'data', 'audit.jsonl'),
        clock: () => kit.clock.now,
        random: randomBytes,
        later: time.later,
        limit: 3,
      })
      for (let count = 0; count < 9; count += 1) trail.note(auditEvent({ kind: 'gateway.started', at: kit.clock.now }))
      broken = false
      await trail.close()
    },
    says: { result: 'failed', reason: 'no-room', detail: expect.objectContaining({ count: expect.any(Number) }) },
  },
  'audit.folded': {
    flow: async () => {
      await start()
      for (let count = 0; count < 70; count += 1) await fetchProducts()
      await kit.running.close(0)
    },
    says: { reason: 'session_required', result: 'refused', detail: expect.objectContaining({ kind: 'request.refused', count: 10 }) },
  },
  'audit.unsigned': {
    flow: async () => {
      await start()
      const event = auditEvent({ kind: 'vault.open_failed', at: kit.clock.now, result: 'failed' })
      await kit.stores.audit.append([event], { random: randomBytes, seal: null })
    },
    says: { result: 'ok', detail: { from: expect.any(Number), to: expect.any(Number) } },
  },
  'audit.broken': {
    flow: async () => {
      await start()
      const event = auditEvent({ kind: 'login.succeeded', at: kit.clock.now, target: 'mallory' })
      await kit.stores.audit.append([event], { random: randomBytes, seal: null })
    },
    says: { result: 'failed', reason: 'unsigned', detail: { from: expect.any(Number), to: expect.any(Number) } },
  },
  'audit.pruned': {
    flow: async () => {
      const time = manualLater()
      await start({ later: time.later })
      // The last entry always stays.
      for (let n = 0; n < 2; n += 1) await fetchProducts()
      time.pass(250)
      await pause(20)
      kit.clock.now += 31 * 24 * 60 * MINUTE
      time.pass(MINUTE)
      await pause(50)
      time.pass(250)
    },
    says: { result: 'ok', detail: { refusals: 1, signIns: 0, operation: 0, changes: 0 } },
  },
  'guard.noted': {
    flow: async () => {
      await start({ guard: rulesOf({ id: 'note', when: 'route.api == "shop"', does: '{ log: warn }' }) })
      expect((await fetchProducts(await kit.signIn())).status).toBe(200)
    },
    says: { rule: 'note', target: 'GET /api/shop/products', detail: { level: 'warn', phase: 'request' } },
  },
  'guard.disarmed': {
    flow: async () => {
      const time = manualLater()
      await start({ later: time.later })
      disarm(join(kit.folder, 'data'), 'a test')
      time.pass(1_000)
    },
    says: { actor: { via: 'gateway', account: null, session: null } },
  },
  'guard.armed': {
    flow: async () => {
      const time = manualLater()
      await start({ later: time.later })
      disarm(join(kit.folder, 'data'), 'a test')
      time.pass(1_000)
      arm(join(kit.folder, 'data'))
      time.pass(1_000)
    },
    says: { actor: { via: 'gateway', account: null, session: null } },
  },
  'decoy.served': {
    flow: async () => {
      await start(DECOYS)
      expect((await kit.call('GET', '/.env')).status).toBe(200)
    },
    says: {
      rule: 'probe',
      target: 'GET /.env',
      reason: 'keys',
      result: 'refused',
      detail: { decoy: expect.stringMatching(/^[0-9a-f]{5}$/) },
    },
  },
  'decoy.canary': {
    flow: async () => {
      await start(DECOYS)
      const canary = /key=(\S+)/.exec((await kit.call('GET', '/.env')).text)?.[1] ?? ''
      await kit.call('GET', `/api/shop/products?key=${canary}`)
    },
    says: { target: 'GET /api/shop/products', detail: { where: 'head', decoy: expect.stringMatching(/^[0-9a-f]{5}$/) } },
  },
  'honey.presented': {
    flow: async () => {
      await start({ guard: rulesOf({ id: 'honey', when: 'request.presents_honeytoken', does: '{ block: 403 }' }) })
      const key = createMarks(kit.vault.deriveKey(PURPOSES.traps), 'honey').write('sk-live-4f9a2bQ7xZk01c8eMw5R', 7, () => 3)
      await kit.call('POST', '/auth/login', { json: { account: 'ada', password: key } })
    },
    says: { target: 'POST /auth/login', detail: { where: 'body' } },
  },
  'guard.demoted': {
    flow: async () => {
      await start({
        guard: rulesOf({ id: 'wide', when: 'session.authenticated', does: '{ block: 403 }', limits: '{ session_share: 50% }' }),
      })
      for (let count = 0; count < 21; count += 1) {
        await kit.addAccount(`user-${count}`)
        kit.clock.now += 10_000
        await fetchProducts(await kit.signIn(`user-${count}`))
      }
    },
    says: { rule: 'wide', detail: { hit: 20, met: 20 } },
  },
  'notice.failed': {
    flow: async () => {
      // Nobody listens on the discard port.
      await start({
        upstream: { script: (request) => ({ body: request.header('authorization') ?? '' }) },
        config: { notify: { webhook: { url: 'http://127.0.0.1:9' } } },
      })
      await fetchProducts(await kit.signIn())
    },
    says: { target: 'webhook', result: 'failed', detail: { count: 1 } },
  },
  'admin.acted': {
    flow: async () => {
      const owner = await firstOwner(await start())
      await owner.post('/accounts/ada/sessions/end', { reason: 'a stolen laptop' })
    },
    says: {
      actor: { via: 'admin', account: 'olga', session: expect.any(String) },
      target: '/admin/accounts/ada/sessions/end',
      reason: 'a stolen laptop',
      request: expect.any(String),
      detail: { operation: 'endSessionsOfAccount', role: 'owner' },
    },
  },
  'admin.invited': {
    flow: async () => invited(await start(), await firstOwner(kit), 'vera', 'viewer'),
    says: { actor: expect.objectContaining({ via: 'admin', account: 'olga' }), target: 'vera', detail: { role: 'viewer' } },
  },
  'account.roles_set': {
    flow: async () => {
      const owner = await firstOwner(await start())
      await invited(kit, owner, 'vera', 'viewer')
      await owner.post('/admins/vera/role', { role: 'operator', reason: 'she may act now' })
    },
    says: {
      actor: expect.objectContaining({ via: 'admin', account: 'olga' }),
      target: 'vera',
      detail: { roles: 'operator', administrator: true },
    },
  },
  'certificate.loaded': {
    flow: async () => {
      await start({ https: true })
      await createDevelopmentCertificate(join(kit.folder, 'tls'), ['localhost'], systemClock())
      kit.running.reopenLogs()
      await expect.poll(() => kit.notices.length, { interval: 20, timeout: 5000 }).toBeGreaterThan(0)
    },
    says: { result: 'ok', target: expect.stringContaining('development-certificate.pem') },
  },
  'certificate.refused': {
    flow: async () => {
      await start({ https: true })
      writeFileSync(join(kit.folder, 'tls', 'development-certificate.pem'), 'not a certificate')
      kit.running.reopenLogs()
      await expect.poll(() => kit.notices.length, { interval: 20, timeout: 5000 }).toBeGreaterThan(0)
    },
    says: { result: 'refused', reason: expect.any(String) },
  },
}

test.each(Object.entries(FLOWS))(
  'LOG-01 LOG-02 LOG-08 %s: in the file and in the store, with who, what, when and why',
  async (kind, { flow, says }) => {
    await flow()
    // Both sinks are written in batches; closing the gateway writes what waits.
    await kit.running.close(0)
    const stored = await kit.stores.audit.read({ limit: 500 })
    const lines = kit.auditLines()
    for (const trail of [lines, stored]) {
      expect(trail.filter((line) => line['kind' as keyof typeof line] === kind)).toContainEqual(
        expect.objectContaining({ ...AUDIT_LINE, ...says, kind }),
      )
    }
    for (const line of lines) expect(line).toEqual(AUDIT_LINE)
  },
)
