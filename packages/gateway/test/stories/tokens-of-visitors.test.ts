import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.ts'
import { GRANT_COOKIE, SESSION_COOKIE } from '../../src/decide/cookies.ts'
import { PASSWORD } from '../kit.ts'
import { type Browser, type OidcKit, type OidcKitOptions, startOidcKit } from '../oidc-kit.ts'

const SECOND = 1000
/** The provider's access tokens live for a minute. */
const MINUTE = 60 * SECOND

let kit: OidcKit
let opened: OidcKit | null = null
afterEach(async () => {
  await opened?.close()
  opened = null
})

/** With an API `mine` that takes its visitors' tokens. */
async function open(options: OidcKitOptions & { readonly wish?: object } = {}): Promise<OidcKit> {
  const apis = (origin: string) => ({
    mine: { path: '/api/mine', upstream: `${origin}/mine`, credential: { oidc: 'acme', ...options.wish }, allow: ['GET /**', 'POST /**'] },
  })
  kit = opened = await startOidcKit({ apis, ...options })
  return kit
}

async function signedIn(): Promise<Browser> {
  const browser = kit.browse()
  expect((await browser.signIn()).url.pathname).toBe('/')
  return browser
}

/** What the upstream was shown, without `Bearer `. */
function shown(): readonly string[] {
  return kit.upstream.requests
    .filter(({ target }) => target.startsWith('/mine'))
    .map((request) => (request.header('authorization') ?? '').slice('Bearer '.length))
}

async function flush(): Promise<void> {
  await kit.running.audit.commit(auditEvent({ kind: 'config.loaded', at: kit.clock.now }))
}

const refreshes = () => kit.op.asked('/token').filter(({ form }) => form.get('grant_type') === 'refresh_token')

describe('an API that takes its visitors’ own tokens', () => {
  test('gets the token that the provider gave this visitor, and the browser gets none of it', async () => {
    await open()
    const given: string[] = []
    kit.op.provider().on('grant.success', (ctx) => given.push(String((ctx.body as Record<string, unknown>)['access_token'])))
    const browser = await signedIn()
    const pages: string[] = []
    browser.onAnswer = ({ fields }) => pages.push(fields.raw.toString('latin1'))
    const answer = await browser.fetch('/api/mine/things')
    expect(answer.status).toBe(200)
    expect(shown()).toEqual(given)
    expect(given).toHaveLength(1)
    // The upstream echoes what it got: it is struck out, as a secret of the vault's is.
    expect(answer.text).toContain('*'.repeat(20))
    expect(pages.join('')).not.toContain(given[0])
  })

  test('two people get each their own, whatever happens at the same time', async () => {
    await open()
    const ada = await signedIn()
    kit.op.user = { sub: 'subject-of-bob', preferred_username: 'bob' }
    const bob = await signedIn()
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? ada : bob).fetch(`/api/mine/${at % 2 === 0 ? 'ada' : 'bob'}`)))
    const of = (name: string) =>
      new Set(kit.upstream.requests.filter(({ target }) => target === `/mine/${name}`).map((request) => request.header('authorization')))
    expect([of('ada').size, of('bob').size, new Set([...of('ada'), ...of('bob')]).size]).toEqual([1, 1, 2])
  })

  test('is closed to who signed in with a password, and to who shows another one’s half of the key', async () => {
    await open()
    const session = await kit.signIn()
    const answer = await kit.call('GET', '/api/mine/things', { cookie: session })
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([403, 'provider_sign_in_required'])
    const browser = await signedIn()
    const stolen = await kit.call('GET', '/api/mine/things', { cookie: `${session}; ${GRANT_COOKIE}=${browser.cookie(GRANT_COOKIE)}` })
    expect(stolen.header('cloakroom-error')).toBe('provider_sign_in_required')
    const halved = await kit.call('GET', '/api/mine/things', { cookie: `${SESSION_COOKIE}=${browser.cookie(SESSION_COOKIE)}` })
    expect(halved.header('cloakroom-error')).toBe('provider_sign_in_required')
    const mistaken = await kit.call('GET', '/api/mine/things', {
      cookie: `${SESSION_COOKIE}=${browser.cookie(SESSION_COOKIE)}; ${GRANT_COOKIE}=${'A'.repeat(43)}`,
    })
    expect(mistaken.header('cloakroom-error')).toBe('provider_sign_in_required')
    expect(shown()).toEqual([])
  })

  test('OIDC-20 each API gets a token of its own, for its resource and with its scopes', async () => {
    const resources = ['https://orders.example', 'https://mail.example']
    await open({
      apis: (origin) => ({
        orders: {
          path: '/api/orders',
          upstream: `${origin}/mine/orders`,
          credential: { oidc: 'acme', resource: `${resources[0]}/`, scopes: ['orders:read'] },
          allow: ['GET /**'],
        },
        mail: {
          path: '/api/mail',
          upstream: `${origin}/mine/mail`,
          credential: { oidc: 'acme', resource: `${resources[1]}/` },
          allow: ['GET /**'],
        },
      }),
      configuration: {
        features: {
          resourceIndicators: {
            enabled: true,
            defaultResource: () => [],
            useGrantedResource: () => false,
            getResourceServerInfo: (_ctx, audience) => ({
              scope: 'orders:read mail:read',
              audience,
              accessTokenTTL: 60,
              accessTokenFormat: 'jwt',
            }),
          },
        },
        scopes: ['openid', 'offline_access', 'profile', 'email', 'orders:read', 'mail:read'],
      },
      acme: { scopes: ['profile', 'mail:read'] },
    })
    const browser = await signedIn()
    for (const path of ['/api/orders/1', '/api/mail/1', '/api/orders/2']) expect((await browser.fetch(path)).status).toBe(200)
    const claims = shown().map(
      (text) => JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>,
    )
    expect(claims.map(({ aud }) => aud)).toEqual([`${resources[0]}/`, `${resources[1]}/`, `${resources[0]}/`])
    expect(claims[0]?.['scope']).toBe('orders:read')
    expect(refreshes().map(({ form }) => form.get('resource'))).toEqual([`${resources[0]}/`, `${resources[1]}/`])
  })
})

describe('renewing', () => {
  test('OIDC-11 fifty calls with an expired token: the provider is asked once, and all fifty are answered', async () => {
    await open()
    const browser = await signedIn()
    await browser.fetch('/api/mine/first')
    kit.clock.now += MINUTE + SECOND
    const answers = await Promise.all(Array.from({ length: 50 }, () => browser.fetch('/api/mine/many')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(refreshes()).toHaveLength(1)
    expect(new Set(shown().slice(1)).size).toBe(1)
    expect(shown()[1]).not.toBe(shown()[0])
  })

  test('OIDC-11 the same with two gateways on one store', async () => {
    await open()
    const twin = await kit.twin()
    const browser = await signedIn()
    const cookie = browser.cookieLine()
    kit.clock.now += MINUTE + SECOND
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? kit : twin).call('GET', '/api/mine/many', { cookie })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(refreshes()).toHaveLength(1)
    expect(new Set(shown()).size).toBe(1)
  })

  test('OIDC-11 it goes on and on: each refresh token is used once', async () => {
    await open()
    const browser = await signedIn()
    for (let round = 0; round < 4; round++) {
      kit.clock.now += MINUTE + SECOND
      expect((await browser.fetch('/api/mine/again')).status).toBe(200)
    }
    const used = refreshes().map(({ form }) => form.get('refresh_token'))
    expect([used.length, new Set(used).size, new Set(shown()).size]).toEqual([4, 4, 4])
  })

  test('OIDC-11 OIDC-12 when the provider gives no more, the session is over', async () => {
    await open()
    const browser = await signedIn()
    await browser.fetch('/api/mine/first')
    for (const token of kit.op.refreshTokens()) await token.destroy()
    kit.clock.now += MINUTE + SECOND
    const answers = await Promise.all(Array.from({ length: 5 }, () => browser.fetch('/api/mine/late')))
    expect(answers.map(({ status, fields }) => `${status} ${fields.header('cloakroom-error')}`)).toEqual(
      Array(5).fill('401 session_required'),
    )
    expect(JSON.parse((await browser.fetch('/auth/session')).text)).toEqual({ active: false })
    await flush()
    expect(kit.auditLines().filter(({ kind }) => kind === 'grant.ended')).toMatchObject([
      { detail: { why: 'provider_said_invalid_grant' } },
    ])
    expect(shown()).toHaveLength(1)
  })

  test('OIDC-11 a token that was used twice is a thief’s: the provider ends it, and the session with it', async () => {
    await open()
    const browser = await signedIn()
    kit.clock.now += MINUTE + SECOND
    await browser.fetch('/api/mine/one')
    const stolen = refreshes()[0]?.form.get('refresh_token') ?? ''
    // Somebody who has read the first refresh token uses it once more.
    const basic = Buffer.from('cloakroom:correct-horse-battery-staple-of-the-client').toString('base64')
    const thief = await fetch(`${kit.op.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: stolen }),
    })
    expect(thief.status).toBe(400)
    kit.clock.now += MINUTE + SECOND
    expect((await browser.fetch('/api/mine/two')).fields.header('cloakroom-error')).toBe('session_required')
  })

  test('without a refresh token the session lasts as long as its token', async () => {
    await open({ configuration: { issueRefreshToken: () => false } })
    const browser = await signedIn()
    expect((await browser.fetch('/api/mine/first')).status).toBe(200)
    kit.clock.now += MINUTE + SECOND
    expect((await browser.fetch('/api/mine/late')).fields.header('cloakroom-error')).toBe('session_required')
  })

  test('a provider that is down ends nobody’s session: 503 while the token is over, and on when it is back', async () => {
    await open()
    const browser = await signedIn()
    await browser.fetch('/api/mine/first')
    kit.op.down = true
    // Due, but good for some seconds yet.
    kit.clock.now += MINUTE - 5 * SECOND
    expect((await browser.fetch('/api/mine/due')).status).toBe(200)
    kit.clock.now += 10 * SECOND
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.fetch('/api/mine/down')))
    expect(new Set(answers.map(({ status, fields }) => `${status} ${fields.header('cloakroom-error')}`))).toEqual(
      new Set(['503 provider_unavailable']),
    )
    expect(answers[0]?.fields.header('retry-after')).not.toBeNull()
    kit.op.down = false
    kit.clock.now += 3 * SECOND
    expect((await browser.fetch('/api/mine/back')).status).toBe(200)
  })

  test('OIDC-11 whoever dies while renewing holds nobody up for longer than the lease', async () => {
    await open()
    const browser = await signedIn()
    kit.clock.now += MINUTE + SECOND
    const [grant] = await grants()
    expect(await kit.stores.grants.lease(grant?.id ?? '', 0, 'a process that was killed', kit.clock.now, kit.clock.now + 21 * SECOND)).toBe(
      true,
    )
    const waiting = browser.fetch('/api/mine/waiting')
    await kit.op.nothing(300)
    expect(refreshes()).toHaveLength(0)
    kit.clock.now += 21 * SECOND
    expect((await waiting).status).toBe(200)
    expect(refreshes()).toHaveLength(1)
  })

  test('the tokens follow a session that gets another identifier', async () => {
    await open()
    const browser = await signedIn()
    const [grant] = await grants()
    const claim = await kit.stores.sessions.find(grant?.session ?? '')
    expect(claim).not.toBeNull()
    const account = await kit.stores.accounts.findByKey('ada at acme')
    await kit.stores.accounts.update(account?.id ?? '', { password: (await kit.stores.accounts.findByKey('ada'))?.password ?? null })
    const stepped = await browser.fetch('/auth/step-up', {
      method: 'POST',
      body: JSON.stringify({ password: PASSWORD }),
      headers: { 'content-type': 'application/json' },
    })
    expect(stepped.status).toBe(200)
    expect((await grants())[0]?.session).not.toBe(grant?.session)
    expect((await browser.fetch('/api/mine/after')).status).toBe(200)
  })

  async function grants() {
    const sessions = await kit.stores.sessions.listAll(10)
    const names = new Set(sessions.map(({ id }) => id))
    return (await kit.grantRows()).filter(({ session }) => names.has(session))
  }
})

describe('signing out', () => {
  test('OIDC-13 REV-04 revokes the refresh token, and leads to where one signs out at the provider, too', async () => {
    await open()
    const browser = await signedIn()
    const out = await browser.fetch('/auth/logout?next=/bye', { method: 'POST' })
    expect(out.status).toBe(200)
    const location = new URL((JSON.parse(out.text) as { location: string }).location)
    expect(location.href.startsWith(`${kit.op.issuer}/session/end?`)).toBe(true)
    expect(location.searchParams.get('id_token_hint')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(location.searchParams.get('post_logout_redirect_uri')).toBe(`${kit.origin}/auth/oidc/signed-out`)
    const [revoked] = kit.op.asked('/token/revocation')
    expect(revoked?.form.get('token_type_hint')).toBe('refresh_token')
    expect(revoked?.fields.authorization).toMatch(/^Basic /)
    expect(browser.cookieNames()).not.toContain(GRANT_COOKIE)
    expect(await kit.grantRows()).toEqual([])
    const back = await kit.call('GET', `/auth/oidc/signed-out?state=${location.searchParams.get('state')}`)
    expect([back.status, back.header('location')]).toEqual([303, '/bye'])
    const forged = await kit.call('GET', '/auth/oidc/signed-out?state=//evil.example')
    expect(forged.header('location')).toBe('/auth/login')
    await flush()
    expect(kit.auditLines().find(({ kind }) => kind === 'grant.revoked')).toMatchObject({ result: 'ok', detail: { provider: 'acme' } })
  })

  test('OIDC-13 is done here whether the provider answers or not', async () => {
    await open()
    const browser = await signedIn()
    kit.op.down = true
    const out = await browser.fetch('/auth/logout', { method: 'POST' })
    expect([200, 204]).toContain(out.status)
    expect(JSON.parse((await browser.fetch('/auth/session')).text)).toEqual({ active: false })
    await flush()
    expect(kit.auditLines().find(({ kind }) => kind === 'grant.revoked')).toMatchObject({ result: 'failed' })
  })

  test('with endSession off it ends here only', async () => {
    await open({ acme: { endSession: false } })
    const browser = await signedIn()
    expect((await browser.fetch('/auth/logout', { method: 'POST' })).status).toBe(204)
    expect(kit.op.asked('/token/revocation')).toHaveLength(1)
  })

  test('whoever signs out while his token is renewed is signed out', async () => {
    await open()
    const browser = await signedIn()
    kit.clock.now += MINUTE + SECOND
    const gate = kit.op.hold('/token')
    const held = browser.fetch('/api/mine/held')
    await gate.arrived
    await browser.fetch('/auth/logout', { method: 'POST' })
    gate.open()
    expect((await held).status).toBe(401)
    expect(shown()).toEqual([])
    expect(await kit.grantRows()).toEqual([])
  })

  test('what was renewed already, and not yet written, is revoked when somebody signs out meanwhile, and revives nothing', async () => {
    const [arrived, passed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    await open({
      wrapStores: (stores) => ({
        ...stores,
        grants: {
          ...stores.grants,
          async replace(...sealed) {
            arrived.resolve()
            await passed.promise
            return await stores.grants.replace(...sealed)
          },
        },
      }),
    })
    const browser = await signedIn()
    kit.clock.now += MINUTE + SECOND
    const held = browser.fetch('/api/mine/held')
    await arrived.promise
    await browser.fetch('/auth/logout', { method: 'POST' })
    passed.resolve()
    expect((await held).status).toBe(401)
    expect(shown()).toEqual([])
    const revoked = kit.op.asked('/token/revocation').map(({ form }) => form.get('token'))
    expect(new Set(revoked).size).toBe(2)
    expect(await kit.grantRows()).toEqual([])
  })
})

test('what lies in the store opens for nobody who has the store and the vault’s key, but not the cookie', async () => {
  await open()
  const given: string[] = []
  kit.op.provider().on('grant.success', (ctx) => given.push(...Object.values(ctx.body as Record<string, unknown>).map(String)))
  const browser = await signedIn()
  kit.clock.now += MINUTE + SECOND
  await browser.fetch('/api/mine/renewed')
  const [row] = await kit.grantRows()
  const { createGrants } = await import('../../src/session/grants.ts')
  const { PURPOSES } = await import('../../src/purposes.ts')
  const { randomBytes } = await import('node:crypto')
  const { makeHead } = await import('../fixtures.ts')
  const grants = createGrants({ store: kit.stores.grants, key: kit.vault.deriveKey(PURPOSES.grants), random: randomBytes })
  const openWith = (cookie: string) =>
    grants.open(makeHead({ at: kit.clock.now, headers: { cookie: `${GRANT_COOKIE}=${cookie}` } }), row?.session ?? '')
  expect((await openWith(browser.cookie(GRANT_COOKIE) ?? ''))?.content.refreshToken).toBeTypeOf('string')
  for (const guess of [row?.id ?? '', row?.session ?? '', 'A'.repeat(43)]) expect(await openWith(guess)).toBeNull()
  const files = readdirSync(`${kit.folder}/data`).map((name) => readFileSync(`${kit.folder}/data/${name}`).toString('latin1'))
  const secrets = [...given.filter((text) => text.length > 30), browser.cookie(GRANT_COOKIE) ?? '']
  expect(secrets.length).toBeGreaterThan(6)
  for (const secret of secrets) expect(files.some((content) => content.includes(secret))).toBe(false)
})
