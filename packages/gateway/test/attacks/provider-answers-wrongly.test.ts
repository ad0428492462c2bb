import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.ts'
import { SESSION_COOKIE } from '../../src/decide/cookies.ts'
import {
  type Answering,
  atHash,
  EC,
  encode,
  type Given,
  type HostileProvider,
  jwkOf,
  jwt,
  RSA,
  startHostileProvider,
  STRANGE,
} from '../hostile-provider.ts'
import { type Kit, startKit } from '../kit.ts'
import { Browser } from '../oidc-kit.ts'
import { systemClock } from '../../src/lib/clock.ts'

const CLIENT = 'cloakroom'
const SECRET = 'the secret of the client at a hostile provider'

let op: HostileProvider
let other: HostileProvider
let kit: Kit
beforeAll(async () => {
  op = await startHostileProvider(CLIENT)
  other = await startHostileProvider(CLIENT)
  kit = await startAt(op, other)
})
afterAll(async () => {
  await kit.close()
  await op.close()
  await other.close()
})

async function startAt(acme: HostileProvider, second: HostileProvider, more: object = {}): Promise<Kit> {
  const common = { clientId: CLIENT, admit: 'anybody', ...more } as const
  return await startKit({
    startAt: systemClock(),
    config: {
      oidc: {
        acme: { ...common, issuer: acme.issuer, credential: 'acme-client' },
        other: { ...common, issuer: second.issuer, credential: 'other-client' },
      },
    },
    apis: (origin) => ({ mine: { path: '/api/mine', upstream: `${origin}/mine`, credential: { oidc: 'acme' }, allow: ['GET /**'] } }),
    secrets: [
      { name: 'acme-client', value: SECRET, origins: [acme.issuer] },
      { name: 'other-client', value: SECRET, origins: [second.issuer] },
    ],
  })
}

const right = { metadata: (it: Record<string, unknown>) => ({ body: it }), keys: (it: object) => ({ body: it }) }
beforeEach(() => {
  op.metadata = right.metadata
  op.keys = right.keys
  op.tokens = ({ claims }) => ({ body: answer(jwt(claims)) })
  // Each in its own minute, so that what the one before did to rates and pauses is over.
  kit.clock.now = systemClock()
})

function answer(idToken: string): Record<string, unknown> {
  return {
    access_token: 'access-token-of-the-hostile-provider',
    token_type: 'Bearer',
    expires_in: 60,
    refresh_token: 'r-1',
    id_token: idToken,
  }
}

interface Begun {
  readonly browser: Browser
  readonly query: URLSearchParams
}

async function begin(from: Kit = kit, at: HostileProvider = op, name = 'acme'): Promise<Begun> {
  const browser = new Browser(from)
  const json = { 'content-type': 'application/json' }
  const begun = await browser.fetch('/auth/oidc/start', { method: 'POST', body: JSON.stringify({ provider: name }), headers: json })
  expect(begun.status, begun.text).toBe(200)
  const asked = new URL((JSON.parse(begun.text) as { location: string }).location).searchParams
  at.nonce = asked.get('nonce')
  return { browser, query: new URLSearchParams({ code: 'a-code', state: asked.get('state') ?? '', iss: at.issuer }) }
}

async function finish({ browser, query }: Begun, from: Kit = kit, name = 'acme'): Promise<string> {
  const page = await browser.go(`${from.origin}/auth/oidc/callback/${name}?${query.toString()}`, op.issuer)
  const session = JSON.parse((await browser.fetch('/auth/session')).text) as { active: boolean }
  return session.active || browser.cookie(SESSION_COOKIE) !== null ? 'a session' : `${page.status} ${page.fields.header('cloakroom-error')}`
}

test('OIDC-05 the right answer opens a session, or none of the others would show anything', async () => {
  expect(await finish(await begin())).toBe('a session')
})

/** All but this. */
function without(name: string): (from: Record<string, unknown>) => Record<string, unknown> {
  return (from) => Object.fromEntries(Object.entries(from).filter(([own]) => own !== name))
}

const now = (): number => Math.floor(systemClock() / 1000)
const told =
  (change: (claims: Record<string, unknown>) => object) =>
  (given: Given): Answering => ({ body: answer(jwt(change(given.claims))) })
const tokens =
  (change: (body: Record<string, unknown>, claims: Record<string, unknown>) => object) =>
  (given: Given): Answering => ({
    body: change(answer(jwt(given.claims)), given.claims),
  })
const hs256 = (claims: object, key: string | Buffer): string => {
  const signed = `${encode({ alg: 'HS256', kid: RSA.kid })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
const write = (status: number, headers: Record<string, string>, body: string) => (): Answering => (response: ServerResponse) =>
  void response.writeHead(status, headers).end(body)

const WRONG_TOKENS: readonly (readonly [what: string, tokens: HostileProvider['tokens']])[] = [
  ['another issuer', told((claims) => ({ ...claims, iss: 'https://evil.example' }))],
  ['the issuer with a slash behind', told((claims) => ({ ...claims, iss: `${String(claims['iss'])}/` }))],
  ['no issuer', told(without('iss'))],
  ['another client’s audience', told((claims) => ({ ...claims, aud: 'another-client' }))],
  ['no audience', told(without('aud'))],
  ['two audiences without azp', told((claims) => ({ ...claims, aud: [CLIENT, 'another-client'] }))],
  ['made for another client (azp)', told((claims) => ({ ...claims, azp: 'another-client' }))],
  ['two audiences, made for the other', told((claims) => ({ ...claims, aud: [CLIENT, 'another-client'], azp: 'another-client' }))],
  ['another nonce', told((claims) => ({ ...claims, nonce: 'the nonce of another sign-in' }))],
  ['no nonce', told(without('nonce'))],
  ['a nonce in a list', told((claims) => ({ ...claims, nonce: [claims['nonce']] }))],
  ['expired', told((claims) => ({ ...claims, iat: now() - 7200, exp: now() - 3600 }))],
  ['no expiry', told(without('exp'))],
  ['an expiry in words', told((claims) => ({ ...claims, exp: '9999999999' }))],
  ['issued in the future', told((claims) => ({ ...claims, iat: now() + 3600, exp: now() + 7200 }))],
  ['no time of issue', told(without('iat'))],
  ['not valid yet', told((claims) => ({ ...claims, nbf: now() + 3600 }))],
  ['authenticated in the future', told((claims) => ({ ...claims, auth_time: now() + 3600 }))],
  ['no subject', told(without('sub'))],
  ['an empty subject', told((claims) => ({ ...claims, sub: '' }))],
  ['a number for a subject', told((claims) => ({ ...claims, sub: 7 }))],
  ['the hash of another access token', told((claims) => ({ ...claims, at_hash: atHash('another access token') }))],
  ['not signed (alg none)', ({ claims }) => ({ body: answer(`${encode({ alg: 'none' })}.${encode(claims)}.`) })],
  ['alg none with our algorithm’s signature', ({ claims }) => ({ body: answer(jwt(claims, RSA, { alg: 'none' })) })],
  [
    'signed with the public key as a password (HS256)',
    ({ claims }) => ({ body: answer(hs256(claims, RSA.publicKey.export({ format: 'pem', type: 'spki' }).toString())) }),
  ],
  ['signed with the client’s secret (HS256)', ({ claims }) => ({ body: answer(hs256(claims, SECRET)) })],
  ['another algorithm than was agreed, with a good key', ({ claims }) => ({ body: answer(jwt(claims, EC)) })],
  ['an unknown key', ({ claims }) => ({ body: answer(jwt(claims, STRANGE, { kid: 'unknown' })) })],
  ['a key that only claims to be ours', ({ claims }) => ({ body: answer(jwt(claims, STRANGE)) })],
  ['its own key in the header (jwk)', ({ claims }) => ({ body: answer(jwt(claims, STRANGE, { jwk: jwkOf(STRANGE) })) })],
  ['the address of its own keys (jku)', ({ claims }) => ({ body: answer(jwt(claims, STRANGE, { jku: `${op.issuer}/keys` })) })],
  ['an extension that must be understood (crit)', ({ claims }) => ({ body: answer(jwt(claims, RSA, { crit: ['exp'] })) })],
  [
    'claims changed after signing',
    ({ claims }) => {
      const [head, , signature] = jwt(claims).split('.')
      return { body: answer(`${head}.${encode({ ...claims, sub: 'somebody else' })}.${signature}`) }
    },
  ],
  ['a signature cut off', ({ claims }) => ({ body: answer(jwt(claims).split('.').slice(0, 2).join('.') + '.') })],
  ['no ID token', tokens(without('id_token'))],
  ['an ID token that is none', tokens((body) => ({ ...body, id_token: 'not a token' }))],
  ['an ID token in a list', tokens((body) => ({ ...body, id_token: [body['id_token']] }))],
  ['an encrypted ID token', tokens((body) => ({ ...body, id_token: 'a.b.c.d.e' }))],
  ['no access token', tokens(without('access_token'))],
  ['no type of token', tokens(without('token_type'))],
  ['a type of token that nobody knows', tokens((body) => ({ ...body, token_type: 'mac' }))],
  [
    'the ID token as access token only',
    tokens((body, claims) => ({ access_token: jwt(claims), token_type: 'Bearer', expires_in: 60, scope: body['scope'] })),
  ],
  ['an error', () => ({ status: 400, body: { error: 'invalid_grant', error_description: '<script>alert(1)</script>' } })],
  ['an error without a name', () => ({ status: 400, body: {} })],
  ['a page', write(200, { 'content-type': 'text/html' }, '<h1>hello</h1>')],
  ['the right answer as a page', ({ claims }) => ({ type: 'text/html', body: JSON.stringify(answer(jwt(claims))) })],
  ['a redirect to the right answer', write(302, { location: '/token-2' }, '')],
  ['a permanent redirect elsewhere', write(308, { location: 'http://127.0.0.1:1/token' }, '')],
  ['a list', () => ({ body: '[]' })],
  ['half of an answer', () => ({ body: '{"access_token":"x","id_' })],
  ['more than anybody needs', ({ claims }) => ({ body: { ...answer(jwt(claims)), filler: 'x'.repeat(600 * 1024) } })],
  [
    'an answer that ends in the middle',
    () => (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"access')
      response.destroy()
    },
  ],
  ['nothing', () => (response) => void response.destroy()],
  ['a failure of its own', () => ({ status: 500, body: {} })],
  ['a status of success without content', write(204, {}, '')],
]

describe('OIDC-05 whatever a provider answers for the code but the right thing, no session comes of it', () => {
  test.each(WRONG_TOKENS)('%s', async (_what, wrong) => {
    const begun = await begin()
    op.tokens = wrong
    expect(await finish(begun)).toMatch(/^(?:403 sign_in_refused|503 provider_unavailable)$/)
  })

  test('there are more than forty of them', () => {
    expect(WRONG_TOKENS.length).toBeGreaterThanOrEqual(40)
  })
})

const WRONG_QUERIES: readonly (readonly [what: string, change: (query: URLSearchParams) => void])[] = [
  ['another issuer’s answer (RFC 9207)', (query) => query.set('iss', other.issuer)],
  ['no issuer, where the metadata promise one', (query) => query.delete('iss')],
  ['no code', (query) => query.delete('code')],
  ['an empty code', (query) => query.set('code', '')],
  ['two codes', (query) => query.append('code', 'another')],
  ['two issuers', (query) => query.append('iss', other.issuer)],
  ['two states', (query) => query.append('state', 'another')],
  ['another state', (query) => query.set('state', 'another')],
  ['no state', (query) => query.delete('state')],
  ['a token in the address', (query) => query.set('access_token', 'x')],
  ['an ID token in the address', (query) => query.set('id_token', 'x')],
  ['a code and an error', (query) => query.set('error', 'access_denied')],
  ['an answer in a JWT that was not asked for', (query) => query.set('response', 'a.b.c')],
]

describe('OIDC-06 an answer in the address that is not the right one opens nothing', () => {
  test.each(WRONG_QUERIES)('%s', async (_what, change) => {
    const begun = await begin()
    change(begun.query)
    const before = op.asked.get('/token') ?? 0
    expect(await finish(begun)).toMatch(/^(?:403 sign_in_refused|400 sign_in_unknown)$/)
    // The code is not even shown to anybody.
    expect(op.asked.get('/token') ?? 0).toBe(before)
  })

  test('the code of one provider on the other’s address (mix-up)', async () => {
    const begun = await begin()
    expect(await finish(begun, kit, 'other')).toBe('400 sign_in_unknown')
    expect(other.asked.get('/token') ?? 0).toBe(0)
  })

  test('a code is redeemed where the sign-in began, whatever issuer the answer names', async () => {
    const begun = await begin(kit, other, 'other')
    begun.query.set('iss', op.issuer)
    const before = op.asked.get('/token') ?? 0
    expect(await finish(begun, kit, 'other')).toBe('403 sign_in_refused')
    expect(op.asked.get('/token') ?? 0).toBe(before)
  })
})

const WRONG_METADATA: readonly (readonly [what: string, metadata: HostileProvider['metadata']])[] = [
  ['another issuer (OIDC-07)', (it) => ({ body: { ...it, issuer: 'http://127.0.0.1:1' } })],
  ['the issuer in another spelling (OIDC-07)', (it) => ({ body: { ...it, issuer: `${String(it['issuer'])}/` } })],
  ['no issuer', (it) => ({ body: without('issuer')(it) })],
  ['no token endpoint', (it) => ({ body: without('token_endpoint')(it) })],
  ['no keys', (it) => ({ body: without('jwks_uri')(it) })],
  ['PKCE taken out (OIDC-10)', (it) => ({ body: { ...it, code_challenge_methods_supported: ['plain'] } })],
  ['an authorization endpoint that is a script', (it) => ({ body: { ...it, authorization_endpoint: 'javascript:alert(1)' } })],
  ['an endpoint elsewhere without TLS', (it) => ({ body: { ...it, token_endpoint: 'http://evil.example/token' } })],
  ['a page', () => ({ type: 'text/html', body: '<h1>hello</h1>' })],
  ['a redirect', write(302, { location: '/elsewhere' }, '')],
  ['ten megabytes', (it) => ({ body: { ...it, filler: 'x'.repeat(10_000_000) } })],
  ['not JSON', () => ({ body: '{' })],
  ['a failure', () => ({ status: 503, body: {} })],
]

describe('OIDC-07 metadata that are wrong begin nothing', () => {
  test.each(WRONG_METADATA)('%s', async (_what, metadata) => {
    const fresh = await startAt(op, other)
    try {
      op.metadata = metadata
      const body = JSON.stringify({ provider: 'acme' })
      const begun = await new Browser(fresh).fetch('/auth/oidc/start', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      expect([begun.status, begun.fields.header('cloakroom-error')]).toEqual([503, 'provider_unavailable'])
    } finally {
      await fresh.close()
    }
  })

  test('a token endpoint at another host gets neither the secret nor the code', async () => {
    const fresh = await startAt(op, other)
    try {
      op.metadata = (it) => ({ body: { ...it, token_endpoint: `${other.issuer}/token` } })
      const before = other.asked.get('/token') ?? 0
      expect(await finish(await begin(fresh), fresh)).toBe('503 credential_unavailable')
      expect(other.asked.get('/token') ?? 0).toBe(before)
    } finally {
      await fresh.close()
    }
  })

  test('nor does one for pushed requests, which the secret would go to before anybody has signed in', async () => {
    const fresh = await startAt(op, other)
    try {
      op.metadata = (it) => ({ body: { ...it, pushed_authorization_request_endpoint: `${other.issuer}/par` } })
      const begun = await new Browser(fresh).fetch('/auth/oidc/start', {
        method: 'POST',
        body: JSON.stringify({ provider: 'acme' }),
        headers: { 'content-type': 'application/json' },
      })
      expect([begun.status, begun.fields.header('cloakroom-error')]).toEqual([503, 'credential_unavailable'])
      expect(other.asked.get('/par') ?? 0).toBe(0)
    } finally {
      await fresh.close()
    }
  })

  test('OIDC-10 where the owner demands it, metadata must say that PKCE is checked', async () => {
    const fresh = await startAt(op, other, { demandPkce: true })
    try {
      op.metadata = (it) => ({ body: without('code_challenge_methods_supported')(it) })
      const body = JSON.stringify({ provider: 'acme' })
      const begun = await new Browser(fresh).fetch('/auth/oidc/start', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      expect(begun.fields.header('cloakroom-error')).toBe('provider_unavailable')
    } finally {
      await fresh.close()
    }
  })
})

describe('OIDC-09 keys', () => {
  test.each<readonly [string, HostileProvider['keys']]>([
    ['ten megabytes of them', (it) => ({ body: { ...it, filler: 'x'.repeat(10_000_000) } })],
    ['none', () => ({ body: { keys: [] } })],
    ['a redirect to them', write(302, { location: '/keys-2' }, '')],
    ['a page', () => ({ type: 'text/html', body: '<h1>hello</h1>' })],
    ['one for encryption only', () => ({ body: { keys: [{ ...jwkOf(RSA), use: 'enc' }] } })],
    ['another one of the same name', () => ({ body: { keys: [jwkOf(STRANGE)] } })],
    ['a symmetric one', () => ({ body: { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: RSA.kid, alg: 'RS256' }] } })],
  ])('%s open nothing', async (_what, keys) => {
    const fresh = await startAt(op, other)
    try {
      op.keys = keys
      expect(await finish(await begin(fresh), fresh)).toMatch(/^(?:403 sign_in_refused|503 provider_unavailable)$/)
    } finally {
      await fresh.close()
    }
  })

  test('a flood of unknown keys does not become a flood of questions', async () => {
    await finish(await begin())
    const before = op.asked.get('/keys') ?? 0
    for (let round = 0; round < 10; round++) {
      const begun = await begin()
      op.tokens = ({ claims }) => ({ body: answer(jwt(claims, STRANGE, { kid: `unknown-${round}` })) })
      expect(await finish(begun)).toBe('403 sign_in_refused')
    }
    expect((op.asked.get('/keys') ?? 0) - before).toBeLessThanOrEqual(1)
  })
})

describe('OIDC-17 how and when somebody authenticated', () => {
  test.each<readonly [string, (claims: Record<string, unknown>) => object, string]>([
    ['just now, and as demanded', (claims) => ({ ...claims, acr: 'gold' }), 'a session'],
    ['an hour ago', (claims) => ({ ...claims, acr: 'gold', auth_time: now() - 3600 }), '403 sign_in_refused'],
    ['nobody says when', (claims) => ({ ...without('auth_time')(claims), acr: 'gold' }), '403 sign_in_refused'],
    ['in a weaker way', (claims) => ({ ...claims, acr: 'silver' }), '403 sign_in_refused'],
    ['nobody says how', (claims) => claims, '403 sign_in_refused'],
  ])('%s', async (_what, change, outcome) => {
    const fresh = await startAt(op, other, { maxAge: '5m', acr: ['gold'] })
    try {
      const begun = await begin(fresh)
      op.tokens = told(change)
      expect(await finish(begun, fresh)).toBe(outcome)
    } finally {
      await fresh.close()
    }
  })
})

describe('OIDC-11 what comes at a renewal and belongs to somebody else', () => {
  test.each<readonly [string, (claims: Record<string, unknown>) => object]>([
    ['another subject', (claims) => ({ ...claims, sub: 'somebody else' })],
    ['another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['another audience', (claims) => ({ ...claims, aud: 'another-client' })],
    ['an expired ID token', (claims) => ({ ...claims, iat: now() - 7200, exp: now() - 3600 })],
  ])('%s ends the session, and nothing is sent', async (_what, change) => {
    const begun = await begin()
    expect(await finish(begun)).toBe('a session')
    const before = kit.upstream.requests.length
    kit.clock.now += 61_000
    op.tokens = told(change)
    const called = await begun.browser.fetch('/api/mine/things')
    expect([called.status, called.fields.header('cloakroom-error')]).toEqual([401, 'session_required'])
    expect(kit.upstream.requests).toHaveLength(before)
    expect(JSON.parse((await begun.browser.fetch('/auth/session')).text)).toEqual({ active: false })
  })

  test('a renewal that is signed by nobody we know', async () => {
    const begun = await begin()
    await finish(begun)
    kit.clock.now += 61_000
    op.tokens = ({ claims }) => ({ body: answer(jwt(claims, STRANGE)) })
    expect((await begun.browser.fetch('/api/mine/things')).status).toBe(401)
  })
})

test('nothing that the provider wrote is shown or logged', async () => {
  const begun = await begin()
  op.tokens = () => ({ status: 400, body: { error: 'x<script>', error_description: 'canary-of-the-provider' } })
  const page = await begun.browser.go(
    `${kit.origin}/auth/oidc/callback/acme?${begun.query.toString()}&error_description=canary-in-the-address`,
    op.issuer,
  )
  expect(page.text).not.toContain('canary')
  await kit.running.audit.commit(auditEvent({ kind: 'config.loaded', at: kit.clock.now }))
  expect(JSON.stringify(kit.auditLines())).not.toContain('canary-of-the-provider')
  expect(JSON.stringify(kit.auditLines())).not.toContain('canary-in-the-address')
})
