import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { buildScene, checkScene, profiles, readKeySet } from '@cloakroom/jwt-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { addSigningKey, judgeOf, publishedBy } from '../signed-kit.ts'
import type { UpstreamRequest } from '../upstream.ts'

const AUDIENCE = 'https://api.example.com'

let kit: Kit
let cookie: string
beforeAll(async () => {
  const assertion = { key: 'shop-assert', audience: AUDIENCE, context: ['account', 'roles', 'factors', 'address', 'request'] } as const
  kit = await startKit({
    config: { shop: { assertion: { ...assertion, context: [...assertion.context] } } },
    apis: (origin) => ({
      bearer: {
        path: '/api/bearer',
        upstream: origin,
        allow: ['GET /**'],
        access: 'login',
        assertion: { key: 'shop-assert', audience: 'b', as: 'bearer' },
      },
      clash: {
        path: '/api/clash',
        upstream: origin,
        credential: 'shop-key',
        allow: ['GET /**'],
        access: 'login',
        assertion: { key: 'shop-assert', audience: 'b', as: 'bearer' },
      },
      both: {
        path: '/api/both',
        upstream: origin,
        allow: ['GET /**'],
        access: 'login',
        sign: { key: 'shop-assert' },
        assertion: { key: 'shop-assert', audience: 'b', as: 'header:x-who' },
      },
    }),
  })
  await addSigningKey(kit, 'shop-assert', kit.upstream.origin, 'ecdsa-p256-sha256')
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

async function sent(path: string, headers: readonly (readonly [string, string])[] = []): Promise<UpstreamRequest> {
  const before = kit.upstream.requests.length
  const answer = await kit.call('GET', path, { cookie, headers })
  expect(answer.status, answer.text).toBe(200)
  const request = kit.upstream.requests[before]
  if (request === undefined) throw new Error('nothing arrived')
  return request
}

async function keySet(): Promise<JSONWebKeySet> {
  const answer = await kit.call('GET', '/.well-known/jwks.json')
  expect(answer.header('content-type')).toBe('application/jwk-set+json')
  return JSON.parse(answer.text) as JSONWebKeySet
}

const at = (): { currentDate: Date } => ({ currentDate: new Date(kit.clock.now) })

describe('an API that reads JWTs', () => {
  test('gets one of the gateway’s own with each request: who calls, for this API alone, for a minute', async () => {
    const jwt = (await sent('/api/shop/me')).header('cloakroom-assertion') ?? ''
    const keys = createLocalJWKSet(await keySet())
    const { payload, protectedHeader } = await jwtVerify(jwt, keys, {
      audience: AUDIENCE,
      issuer: kit.origin,
      typ: 'cloakroom+jwt',
      ...at(),
    })
    const account = (await kit.stores.accounts.findByKey('ada'))?.id
    expect(payload).toMatchObject({ sub: account, roles: [], amr: ['pwd'], ip: '127.0.0.1' })
    expect([protectedHeader.alg, (payload.exp ?? 0) - (payload.iat ?? 0)]).toEqual(['ES256', 60])
    await expect(jwtVerify(jwt, keys, { audience: 'https://other.example', ...at() })).rejects.toThrow(/aud/)
    await expect(jwtVerify(jwt, keys, { currentDate: new Date(kit.clock.now + 61_000) })).rejects.toThrow(/exp/)
  })

  test('can have it as its bearer token, and is told nothing of the visitor unless the owner says so', async () => {
    const [scheme, jwt = ''] = ((await sent('/api/bearer/me')).header('authorization') ?? '').split(' ')
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(await keySet()), { audience: 'b', ...at() })
    expect(scheme).toBe('Bearer')
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'nbf'])
  })

  test('a visitor cannot put one in its place', async () => {
    const forged = await sent('/api/shop/me', [
      ['cloakroom-assertion', 'eyJhbGciOiJub25lIn0.e30.'],
      ['cloakroom_assertion', 'eyJhbGciOiJub25lIn0.e30.'],
    ])
    expect(forged.all('cloakroom-assertion')).toHaveLength(1)
    expect(forged.all('cloakroom_assertion')).toEqual([])
    expect(decodeProtectedHeader(forged.header('cloakroom-assertion') ?? '').alg).toBe('ES256')
  })

  test('VLT-07 an answer that echoes it is struck out: until it expires it is worth as much as a secret', async () => {
    const before = kit.upstream.requests.length
    const answer = await kit.call('GET', '/api/bearer/echo', { cookie })
    const signature = (kit.upstream.requests[before]?.header('authorization') ?? '').split('.')[2] ?? ''
    expect(signature.length).toBeGreaterThan(80)
    expect(answer.text).not.toContain(signature)
    expect(answer.text).toContain('*'.repeat(20))
  })

  test('the secret and the assertion cannot share a field: nothing goes out', async () => {
    const before = kit.upstream.requests.length
    const answer = await kit.call('GET', '/api/clash/x', { cookie })
    expect([answer.status, answer.header('cloakroom-error'), kit.upstream.requests.length]).toEqual([503, 'credential_unavailable', before])
  })

  test('a signature covers it, too', async () => {
    const request = await sent('/api/both/x')
    const judge = await judgeOf(kit, await publishedBy(kit), { coverAlso: ['x-who'] })
    expect(await judge(request)).toMatchObject({ path: '/x' })
  })

  test('our own checker has nothing against it', async () => {
    const jwt = (await sent('/api/shop/me')).header('cloakroom-assertion') ?? ''
    const keySets = [readKeySet((await kit.call('GET', '/.well-known/jwks.json')).text, 'the gateway')]
    const now = Math.floor(kit.clock.now / 1000)
    const { findings } = await checkScene(buildScene({ jwts: [jwt], keySets, now, profile: profiles.any, guessing: { tries: 10 } }))
    // JWT-20 is about the issuer: this gateway is called by http://localhost here.
    expect(findings.filter(({ severity, ruleId }) => severity !== 'info' && ruleId !== 'JWT-20')).toEqual([])
  })
})
