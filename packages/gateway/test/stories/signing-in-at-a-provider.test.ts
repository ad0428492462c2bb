import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.ts'
import { GRANT_COOKIE, LOGIN_COOKIE, SESSION_COOKIE } from '../../src/decide/cookies.ts'
import { PASSWORD } from '../kit.ts'
import { type Browser, CLIENT_SECRET, type OidcKit, type OidcKitOptions, startOidcKit } from '../oidc-kit.ts'

let kit: OidcKit
let opened: OidcKit | null = null
afterEach(async () => {
  await opened?.close()
  opened = null
})

async function open(options: OidcKitOptions = {}): Promise<OidcKit> {
  kit = opened = await startOidcKit(options)
  return kit
}

async function sessionOf(browser: Browser): Promise<Record<string, unknown>> {
  return JSON.parse((await browser.fetch('/auth/session')).text) as Record<string, unknown>
}

/** Events are written a moment after they are noted; one that is committed comes after them. */
async function flush(): Promise<void> {
  await kit.running.audit.commit(auditEvent({ kind: 'config.loaded', at: kit.clock.now }))
}

async function lastRefusal(): Promise<unknown> {
  await flush()
  return kit.auditLines().findLast(({ kind }) => kind === 'login.failed')
}

describe('signing in at a provider', () => {
  test('OIDC-02 OIDC-03 OIDC-19 a person presses the button, signs in there by code and PKCE, and is signed in here', async () => {
    await open()
    const browser = kit.browse()
    expect((await browser.go(`${kit.origin}/auth/login`, null)).text).toContain('Sign in with Acme')
    await browser.signIn({ next: '/auth/password' })
    expect(browser.visited.at(-1)).toBe(`${kit.origin}/auth/password`)
    expect(await sessionOf(browser)).toMatchObject({ active: true, account: 'ada at acme', roles: [] })
    expect((await browser.fetch('/api/shop/products')).status).toBe(200)
    const asked = new URL(browser.visited.find((address) => address.startsWith(`${kit.op.issuer}/auth?`)) ?? '').searchParams
    expect(asked.get('response_type')).toBe('code')
    expect(asked.get('code_challenge_method')).toBe('S256')
    expect(asked.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(asked.get('redirect_uri')).toBe(`${kit.origin}/auth/oidc/callback/acme`)
    // What stands in the address bar in the end knows neither code nor state, and nothing of it is in the log.
    const code = new URL(browser.visited.find((address) => address.includes('/auth/oidc/callback/')) ?? '').searchParams.get('code') ?? ''
    expect(code.length).toBeGreaterThan(20)
    expect(browser.visited.slice(-2).join()).not.toContain(code)
    await flush()
    expect(JSON.stringify(kit.auditLines())).not.toContain(code)
    expect(kit.auditLines().map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['account.added', 'identity.linked', 'session.started', 'login.succeeded']),
    )
  })

  test('OIDC-19 the answer to the callback is a 303 with the session’s cookies, and sends no referrer', async () => {
    await open()
    const browser = kit.browse()
    const seen: { status: number; fields: Record<string, string | null> }[] = []
    const plain = browser.onAnswer
    browser.onAnswer = (page) => {
      plain(page)
      if (page.url.pathname.includes('/callback/'))
        seen.push({
          status: page.status,
          fields: { policy: page.fields.header('referrer-policy'), cache: page.fields.header('cache-control') },
        })
    }
    await browser.signIn()
    expect(seen).toEqual([{ status: 303, fields: { policy: 'no-referrer', cache: 'no-store' } }])
  })

  test('OIDC-03 OIDC-04 no two sign-ins share a state, a nonce or a challenge', async () => {
    await open()
    const asked: URLSearchParams[] = []
    for (let round = 0; round < 3; round++) {
      const browser = kit.browse()
      await browser.signIn()
      asked.push(new URL(browser.visited.find((address) => address.startsWith(`${kit.op.issuer}/auth?`)) ?? '').searchParams)
    }
    for (const name of ['state', 'nonce', 'code_challenge']) expect(new Set(asked.map((query) => query.get(name))).size).toBe(3)
  })

  test('ten tabs at once all finish, and none of their cookies stays', async () => {
    await open()
    const browser = kit.browse()
    const tabs: string[] = []
    for (let tab = 0; tab < 10; tab++) {
      const begun = await browser.fetch('/auth/oidc/start', {
        method: 'POST',
        body: JSON.stringify({ provider: 'acme', next: '/' }),
        headers: { 'content-type': 'application/json' },
      })
      tabs.push((JSON.parse(begun.text) as { location: string }).location)
    }
    expect(browser.cookieNames().filter((name) => name.startsWith(LOGIN_COOKIE))).toHaveLength(10)
    for (const address of tabs.toReversed()) expect((await browser.go(address, kit.origin)).url.pathname).toBe('/')
    expect(browser.cookieNames().filter((name) => name.startsWith(LOGIN_COOKIE))).toEqual([])
    expect(await sessionOf(browser)).toMatchObject({ active: true })
  })

  test('sign-ins that nobody finishes do not pile up until the browser is refused', async () => {
    await open()
    const browser = kit.browse()
    for (let tab = 0; tab < 20; tab++) {
      kit.clock.now += 1000
      await browser.fetch('/auth/oidc/start', {
        method: 'POST',
        body: JSON.stringify({ provider: 'acme' }),
        headers: { 'content-type': 'application/json' },
      })
    }
    expect(browser.cookieNames().filter((name) => name.startsWith(LOGIN_COOKIE))).toHaveLength(12)
  })

  test('SES-03 a session that the browser had before is over after the sign-in', async () => {
    await open()
    const browser = kit.browse()
    await browser.signIn()
    const before = browser.cookie(SESSION_COOKIE) ?? ''
    await browser.signIn()
    expect(browser.cookie(SESSION_COOKIE)).not.toBe(before)
    const old = await kit.call('GET', '/auth/session', { cookie: `${SESSION_COOKIE}=${before}` })
    expect(JSON.parse(old.text)).toEqual({ active: false })
  })

  test('OIDC-20 no more scopes are asked for than the owner names', async () => {
    await open({ acme: { scopes: [] } })
    const browser = kit.browse()
    await browser.signIn()
    expect(new URL(browser.visited.find((address) => address.startsWith(`${kit.op.issuer}/auth?`)) ?? '').searchParams.get('scope')).toBe(
      'openid',
    )
    expect(await sessionOf(browser)).toMatchObject({ active: true, account: 'subject-of-ada' })
  })

  test('without own accounts there are only buttons, and a password opens nothing', async () => {
    await open({ config: { ownAccounts: false } })
    const page = await kit.browse().go(`${kit.origin}/auth/login`, null)
    expect(page.text).toContain('Sign in with Acme')
    expect(page.text).not.toContain('type="password"')
    const answer = await kit.call('POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([404, 'not_found'])
  })

  test('a provider that does not answer is said to be that, and no session comes of it', async () => {
    await open()
    await kit.op.close()
    const page = await kit.browse().signIn()
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([503, 'provider_unavailable'])
  })
})

describe('the gateway shows who it is', () => {
  test('OIDC-01 by its secret in the head of the request', async () => {
    await open()
    await kit.browse().signIn()
    const [asked] = kit.op.asked('/token')
    const [user, password] = Buffer.from(asked?.fields.authorization?.slice('Basic '.length) ?? '', 'base64')
      .toString()
      .split(':')
    expect([user, decodeURIComponent(password ?? '')]).toEqual(['cloakroom', CLIENT_SECRET])
    expect(asked?.form.get('code_verifier')).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  test('OIDC-01 by its secret in the form', async () => {
    await open({ acme: { clientAuth: 'client_secret_post' }, client: { token_endpoint_auth_method: 'client_secret_post' } })
    const browser = kit.browse()
    await browser.signIn()
    expect(kit.op.asked('/token')[0]?.form.get('client_secret')).toBe(CLIENT_SECRET)
    expect(await sessionOf(browser)).toMatchObject({ active: true })
  })

  test.each(['jwk', 'pkcs8'] as const)('OIDC-01 by a signature, with a key that the vault holds as %s', async (form) => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const publicKey = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k-1', alg: 'ES256', use: 'sig' }
    const stored =
      form === 'jwk'
        ? JSON.stringify({ ...pair.privateKey.export({ format: 'jwk' }), kid: 'k-1' })
        : pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
    await open({
      acme: { clientAuth: 'private_key_jwt' },
      client: {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        client_secret: undefined,
        jwks: { keys: [publicKey] },
      },
      credential: stored,
    })
    const browser = kit.browse()
    await browser.signIn()
    expect(kit.op.asked('/token')[0]?.form.get('client_assertion')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(await sessionOf(browser)).toMatchObject({ active: true })
  })

  test('what is asked for is pushed beforehand where the provider takes it (PAR)', async () => {
    await open({
      configuration: { features: { pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } } },
    })
    const browser = kit.browse()
    await browser.signIn()
    expect(kit.op.asked('/request')[0]?.form.get('code_challenge_method')).toBe('S256')
    const asked = new URL(browser.visited.find((address) => address.startsWith(`${kit.op.issuer}/auth?`)) ?? '').searchParams
    expect([...asked.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    expect(await sessionOf(browser)).toMatchObject({ active: true })
  })
})

describe('what belongs to one sign-in counts for no other', () => {
  /** The address at which the provider sends the browser back, not yet called. */
  async function answered(browser: Browser): Promise<string> {
    browser.stopBefore = '/auth/oidc/callback/'
    await browser.signIn()
    browser.stopBefore = null
    return browser.visited.at(-1) ?? ''
  }

  test('OIDC-04 an answer counts once: replayed it opens nothing, in the same browser neither', async () => {
    await open()
    const browser = kit.browse()
    const address = await answered(browser)
    const kept = browser
      .cookieNames()
      .filter((name) => name.startsWith(LOGIN_COOKIE))
      .map((name) => [name, browser.cookie(name) ?? ''] as const)
    expect((await browser.go(address, kit.op.issuer)).url.pathname).toBe('/')
    const again = kit.browse()
    for (const [name, value] of kept) again.setCookie(name, value)
    const page = await again.go(address, kit.op.issuer)
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([400, 'sign_in_unknown'])
    expect(again.cookie(SESSION_COOKIE)).toBeNull()
    expect(await lastRefusal()).toMatchObject({ detail: { provider: 'acme', why: 'state_spent' } })
  })

  test('OIDC-04 CSRF-10 an answer to one browser opens nothing in another', async () => {
    await open()
    const address = await answered(kit.browse())
    const other = kit.browse()
    const page = await other.go(address, kit.op.issuer)
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([400, 'sign_in_unknown'])
    expect(other.cookie(SESSION_COOKIE)).toBeNull()
  })

  test('OIDC-04 after ten minutes it is too late', async () => {
    await open()
    const browser = kit.browse()
    const address = await answered(browser)
    kit.clock.now += 10 * 60_000
    const page = await browser.go(address, kit.op.issuer)
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([400, 'sign_in_unknown'])
  })

  test('OIDC-02 an answer with a token in it, or with anything twice, is refused', async () => {
    await open()
    for (const more of ['&access_token=x', '&id_token=x', '&code=other', '&iss=http%3A%2F%2Fother', '&scope=a&scope=b']) {
      const browser = kit.browse()
      const page = await browser.go((await answered(browser)) + more, kit.op.issuer)
      expect([more, page.status, page.fields.header('cloakroom-error')]).toEqual([more, 403, 'sign_in_refused'])
      expect(browser.cookie(SESSION_COOKIE)).toBeNull()
    }
    const browser = kit.browse()
    const page = await browser.go(`${await answered(browser)}&state=other`, kit.op.issuer)
    expect(page.fields.header('cloakroom-error')).toBe('sign_in_unknown')
  })

  test('OIDC-18 nothing begins by an address alone, from another site, or in a frame', async () => {
    await open()
    const browser = kit.browse()
    expect((await browser.go(`${kit.origin}/auth/oidc/start?provider=acme`, null)).status).toBe(405)
    const foreign = await browser.go(`${kit.origin}/auth/oidc/start`, 'https://evil.example', {
      method: 'POST',
      body: 'provider=acme',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
    })
    expect(foreign.fields.header('cloakroom-error')).toBe('cross_site')
    const address = await answered(browser)
    for (const destination of ['iframe', 'image', 'empty']) {
      const framed = await browser.go(address, kit.op.issuer, { headers: { 'sec-fetch-dest': destination } })
      expect([destination, framed.fields.header('cloakroom-error')]).toEqual([destination, 'destination_refused'])
    }
    expect((await browser.go(address, kit.op.issuer)).url.pathname).toBe('/')
  })

  test('OIDC-22 a provider’s “no” is a page of our own words', async () => {
    await open()
    kit.op.user = null
    const page = await kit.browse().signIn()
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([403, 'sign_in_refused'])
    expect(page.text).not.toContain('alert(1)')
    expect(page.text).not.toContain('access_denied')
    expect(await lastRefusal()).toMatchObject({ detail: { provider: 'acme', why: 'provider_said_access_denied' } })
  })
})

describe('whose account it is', () => {
  test('OIDC-08 a person of the same name or address gets an account of her own, and not the one that is there', async () => {
    await open()
    await kit.addAccount('ada@acme.example', ['staff'])
    kit.op.user = { sub: 's-7', preferred_username: 'ada', email: 'ada@acme.example', email_verified: true }
    const browser = kit.browse()
    await browser.signIn()
    expect(await sessionOf(browser)).toMatchObject({ active: true, account: 'ada (acme)', roles: [] })
  })

  test('OIDC-08 the person is the same when her name changes, and another one when her subject does', async () => {
    await open()
    const first = kit.browse()
    await first.signIn()
    kit.op.user = { sub: 'subject-of-ada', preferred_username: 'ada lovelace' }
    const second = kit.browse()
    await second.signIn()
    expect(await sessionOf(second)).toMatchObject({ account: 'ada at acme' })
    kit.op.user = { sub: 'another', preferred_username: 'ada at acme' }
    const third = kit.browse()
    await third.signIn()
    expect(await sessionOf(third)).toMatchObject({ account: 'ada at acme (acme)' })
  })

  test('whom nobody linked does not come in, unless the owner says so', async () => {
    await open({ acme: { admit: 'known' } })
    const browser = kit.browse()
    const page = await browser.signIn()
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([403, 'sign_in_refused'])
    expect(browser.cookieNames()).toEqual([])
    expect(await lastRefusal()).toMatchObject({ detail: { why: 'unknown' } })
  })

  test('whoever lacks a claim that the owner demands does not come in, and nor does who has lost it', async () => {
    await open({ acme: { admit: { hd: 'acme.example' } } })
    kit.op.user = { sub: 's-1', preferred_username: 'eve', hd: 'evil.example' }
    expect((await kit.browse().signIn()).fields.header('cloakroom-error')).toBe('sign_in_refused')
    kit.op.user = { sub: 's-2', preferred_username: 'bob', hd: 'acme.example' }
    expect((await kit.browse().signIn()).url.pathname).toBe('/')
    kit.op.user = { sub: 's-2', preferred_username: 'bob' }
    expect((await kit.browse().signIn()).fields.header('cloakroom-error')).toBe('sign_in_refused')
    expect(await lastRefusal()).toMatchObject({ detail: { why: 'not_admitted' } })
  })

  test('roles come with each sign-in, and go with it', async () => {
    await open({ acme: { roles: { claim: 'groups', map: { 'acme-staff': 'staff', 'acme-boss': ['staff', 'owner'] } } } })
    kit.op.user = { sub: 's-1', preferred_username: 'bob', groups: ['acme-boss', 'toString', 'other'] }
    const browser = kit.browse()
    await browser.signIn()
    expect(await sessionOf(browser)).toMatchObject({ roles: ['owner', 'staff'] })
    kit.op.user = { sub: 's-1', preferred_username: 'bob', groups: [] }
    const later = kit.browse()
    await later.signIn()
    expect(await sessionOf(later)).toMatchObject({ roles: [] })
    expect(await sessionOf(browser)).toMatchObject({ roles: [] })
  })

  test('a disabled account stays out', async () => {
    await open()
    const browser = kit.browse()
    await browser.signIn()
    const account = await kit.stores.accounts.findByKey('ada at acme')
    await kit.stores.accounts.update(account?.id ?? '', { disabledAt: kit.clock.now })
    const again = kit.browse()
    const page = await again.signIn()
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([403, 'sign_in_refused'])
    expect(again.cookie(SESSION_COOKIE)).toBeNull()
    expect(await lastRefusal()).toMatchObject({ detail: { why: 'disabled' } })
  })
})

describe('linking', () => {
  /** Signed in with a password. */
  async function own(account = 'ada'): Promise<Browser> {
    const browser = kit.browse()
    const cookie = await kit.signIn(account)
    browser.setCookie(SESSION_COOKIE, cookie.slice(cookie.indexOf('=') + 1), 'strict')
    return browser
  }
  const link = { link: 'yes', next: '/auth/identities' }

  test('OIDC-08 whoever is signed in to both links them, and then either opens the account', async () => {
    await open({ acme: { admit: 'known' } })
    const browser = await own()
    expect((await browser.signIn(link)).text).toContain('Part from Acme')
    expect(await sessionOf(browser)).toMatchObject({ account: 'ada' })
    const elsewhere = kit.browse()
    await elsewhere.signIn()
    expect(await sessionOf(elsewhere)).toMatchObject({ active: true, account: 'ada' })
  })

  test('OIDC-08 what belongs to one account is not linked with another', async () => {
    await open({ acme: { admit: 'known' } })
    await kit.addAccount('bob')
    await (await own()).signIn(link)
    const page = await (await own('bob')).signIn(link)
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([409, 'identity_taken'])
    const elsewhere = kit.browse()
    await elsewhere.signIn()
    expect(await sessionOf(elsewhere)).toMatchObject({ account: 'ada' })
  })

  test('MFA-23 a session that somebody found open links nothing: it is over with what was just proven', async () => {
    await open({ acme: { admit: 'known' } })
    const browser = await own()
    kit.clock.now += 6 * 60_000
    const body = JSON.stringify({ provider: 'acme', link: 'yes', next: '/auth/identities' })
    const asked = await browser.fetch('/auth/oidc/start', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    expect([asked.status, asked.fields.header('cloakroom-error')]).toEqual([401, 'step_up_required'])
    const page = await browser.submit('/auth/oidc/start', { provider: 'acme', link: 'yes', next: '/auth/identities' })
    expect(page.url.pathname + page.url.search).toBe('/auth/step-up?next=%2Fauth%2Fidentities')
    // The same, just after the password, but the account has a second factor that this session never showed.
    const fresh = await own()
    const account = await kit.stores.accounts.findByKey('ada')
    const factor = {
      id: 'a-phone',
      account: account?.id ?? '',
      kind: 'totp',
      name: 'phone',
      content: 'sealed',
      createdAt: kit.clock.now,
    } as const
    await kit.stores.factors.insert({ ...factor, lastUsedAt: null })
    expect((await fresh.submit('/auth/oidc/start', { provider: 'acme', link: 'yes' })).url.pathname).toBe('/auth/step-up')
  })

  test('MFA-23 who has nothing to show here but what the provider says signs in there again first', async () => {
    await open()
    const browser = kit.browse()
    await browser.signIn()
    kit.clock.now += 6 * 60_000
    const body = JSON.stringify({ provider: 'acme', link: 'yes' })
    const asked = await browser.fetch('/auth/oidc/start', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    expect([asked.status, asked.fields.header('cloakroom-error')]).toEqual([403, 'sign_in_again'])
  })

  test('a stranger links nothing, and nor does a session that ended on the way', async () => {
    await open({ acme: { admit: 'known' } })
    const page = await kit.browse().signIn(link)
    expect([page.status, page.fields.header('cloakroom-error')]).toEqual([401, 'session_required'])
    const browser = await own()
    browser.stopBefore = '/auth/oidc/callback/'
    await browser.signIn(link)
    browser.stopBefore = null
    await browser.fetch('/auth/logout', { method: 'POST' })
    const late = await browser.go(browser.visited.at(-1) ?? '', kit.op.issuer)
    expect([late.status, late.fields.header('cloakroom-error')]).toEqual([401, 'session_required'])
    expect(await kit.stores.identities.find(kit.op.issuer, 'subject-of-ada')).toBeNull()
  })

  test('MFA-23 OIDC-08 a session that was left open links nothing: it asks for a fresh proof first, and for the second factor where there is one', async () => {
    await open({ acme: { admit: 'known' } })
    const browser = await own()
    kit.clock.now += 6 * 60_000
    const json = { 'content-type': 'application/json' }
    const body = JSON.stringify({ provider: 'acme', ...link })
    const begin = () => browser.fetch('/auth/oidc/start', { method: 'POST', body, headers: json })
    const asked = await begin()
    expect([asked.status, asked.fields.header('cloakroom-error')]).toEqual([401, 'step_up_required'])
    expect((await browser.signIn(link)).text).toContain('Confirm that it is you')
    expect(await kit.stores.identities.find(kit.op.issuer, 'subject-of-ada')).toBeNull()
    const proof = JSON.stringify({ password: PASSWORD })
    expect((await browser.fetch('/auth/step-up', { method: 'POST', body: proof, headers: json })).status).toBe(200)
    expect((await browser.signIn(link)).text).toContain('Part from Acme')
  })

  test('what was parted opens the account no more; the only way in is not parted', async () => {
    await open()
    const browser = await own()
    await browser.signIn(link)
    const json = { 'content-type': 'application/json' }
    const body = JSON.stringify({ provider: 'acme' })
    const part = (from: Browser) => from.fetch('/auth/identities/part', { method: 'POST', body, headers: json })
    kit.clock.now += 16 * 60_000
    expect((await part(browser)).fields.header('cloakroom-error')).toBe('step_up_required')
    const fresh = await own()
    expect((await part(fresh)).status).toBe(204)
    await flush()
    expect(kit.auditLines().findLast(({ kind }) => kind === 'identity.parted')).toMatchObject({ kind: 'identity.parted', target: 'ada' })
    const elsewhere = kit.browse()
    await elsewhere.signIn()
    expect(await sessionOf(elsewhere)).toMatchObject({ account: 'ada at acme' })
    expect((await part(elsewhere)).fields.header('cloakroom-error')).toBe('last_way_in')
  })
})

test('an account of which the owner demands a further step is asked for it after the provider, too, and has no session before', async () => {
  await open()
  const browser = kit.browse()
  await browser.signIn()
  const account = await kit.stores.accounts.findByKey('ada at acme')
  await kit.stores.accounts.update(account?.id ?? '', { resetRequiredAt: kit.clock.now })
  const again = kit.browse()
  const page = await again.signIn({ next: '/somewhere' })
  expect(page.url.pathname).toBe('/auth/login')
  expect(await sessionOf(again)).toEqual({ active: false })
  expect((await again.fetch('/api/shop/products')).status).toBe(401)
  const set = await again.fetch('/auth/login/password', {
    method: 'POST',
    body: JSON.stringify({ newPassword: 'violet crayons on paper' }),
    headers: { 'content-type': 'application/json' },
  })
  expect(set.status, set.text).toBe(200)
  expect(await sessionOf(again)).toMatchObject({ active: true, account: 'ada at acme' })
  expect((await again.fetch('/api/shop/products')).status).toBe(200)
  // The provider's tokens have waited for the session, and are its now.
  const waiting = (await kit.grantRows()).filter(({ session }) => session.startsWith('login '))
  expect(waiting).toEqual([])
})

test('the store holds nothing of what the provider gave that could be read', async () => {
  await open()
  const browser = kit.browse()
  const given: string[] = []
  kit.op.provider().on('grant.success', (ctx) => given.push(...Object.values(ctx.body as Record<string, unknown>).map(String)))
  await browser.signIn()
  expect(browser.cookie(GRANT_COOKIE)).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const secrets = given.filter((text) => text.length > 30)
  expect(secrets.length).toBeGreaterThanOrEqual(3)
  const { readdirSync, readFileSync } = await import('node:fs')
  const files = readdirSync(`${kit.folder}/data`).map((name) => readFileSync(`${kit.folder}/data/${name}`).toString('latin1'))
  for (const secret of [...secrets, browser.cookie(GRANT_COOKIE) ?? ''])
    expect(files.some((content) => content.includes(secret))).toBe(false)
})
