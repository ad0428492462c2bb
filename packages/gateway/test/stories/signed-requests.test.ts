import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemRandom } from '../../src/lib/random.ts'
import { makeSigningKey } from '../../src/vault/signing-key.ts'
import { type Kit, startKit } from '../kit.ts'
import { addSigningKey, judgeOf, publishedBy, type Judge } from '../signed-kit.ts'
import type { UpstreamRequest } from '../upstream.ts'

const CONTEXT = ['account', 'roles', 'factors', 'address', 'request'] as const

let kit: Kit
let cookie: string
let judge: Judge
beforeAll(async () => {
  kit = await startKit({
    placement: 'header:x-api-key',
    config: { shop: { sign: { key: 'shop-sign', context: [...CONTEXT], maxBody: '64KiB' }, allow: ['GET /**', 'POST /**'] } },
    apis: (origin) => ({
      open: {
        path: '/api/open',
        upstream: origin,
        allow: ['GET /**', 'POST /**'],
        access: 'login',
        sign: { key: 'shop-sign', body: 'unsigned' },
      },
      keyless: { path: '/api/keyless', upstream: origin, allow: ['GET /**'], access: 'login', sign: { key: 'nobody-made-it' } },
      secret: { path: '/api/secret', upstream: origin, allow: ['GET /**'], access: 'login', sign: { key: 'shop-key' } },
    }),
  })
  await addSigningKey(kit, 'shop-sign', kit.upstream.origin)
  await kit.addAccount('grace', ['staff', 'buyer'])
  cookie = await kit.signIn('grace')
  judge = await judgeOf(kit, await publishedBy(kit), { coverAlso: ['x-api-key'] })
})
afterAll(() => kit.close())

async function sent(method: string, path: string, body?: string): Promise<UpstreamRequest> {
  const before = kit.upstream.requests.length
  const content = body === undefined ? {} : { body, headers: [['content-type', 'application/json']] as const }
  const answer = await kit.call(method, path, { cookie, ...content })
  expect(answer.status, answer.text).toBe(200)
  const request = kit.upstream.requests[before]
  if (request === undefined) throw new Error('nothing arrived')
  return request
}

describe('an API whose gateway signs', () => {
  test('UPV-02 each request carries a signature that covers method, host, path, query, credential and context', async () => {
    const request = await sent('GET', '/api/shop/products/1?page=2&q=a%20b')
    expect(await judge(request)).toMatchObject({ method: 'GET', path: '/v1/products/1', query: 'page=2&q=a%20b', algorithm: 'ed25519' })
    expect(request.header('signature-input')).toMatch(
      /^cloakroom=\("@method" "@authority" "@path" "@query" "cloakroom-context" "x-api-key"\);created=\d+;expires=\d+;nonce="[\w-]{22}";keyid="[\w-]{43}";tag="cloakroom-v1"$/,
    )
  })

  test('UPV-04 UPV-05 a body is covered by its digest, and arrives as it was sent', async () => {
    const request = await sent('POST', '/api/shop/orders', '{"item":7}')
    expect(request.body.toString()).toBe('{"item":7}')
    expect(request.header('content-digest')).toMatch(/^sha-256=:[\w+/]+=*:$/)
    expect(await judge(request)).toMatchObject({ method: 'POST', path: '/v1/orders' })
  })

  test('RATE-13 the context says who is calling, and only what the owner asked for', async () => {
    const signed = await judge(await sent('GET', '/api/shop/me'))
    const account = (await kit.stores.accounts.findByKey('grace'))?.id
    expect(signed).toMatchObject({ context: { account, roles: ['staff', 'buyer'], factors: ['pwd'], address: '127.0.0.1' } })
    const silent = await sent('GET', '/api/open/me')
    expect(silent.all('cloakroom-context')).toEqual([])
  })

  test('a body above the limit is refused before anything goes out', async () => {
    const before = kit.upstream.requests.length
    const answer = await kit.call('POST', '/api/shop/orders', { cookie, body: 'x'.repeat(65_537) })
    expect([answer.status, answer.header('cloakroom-error'), kit.upstream.requests.length]).toEqual([413, 'body_too_large', before])
  })

  test('a stream that nobody can buffer goes out uncovered where the owner said so, and the API has to say so, too', async () => {
    const request = await sent('POST', '/api/open/upload', 'y'.repeat(200_000))
    expect(request.body.length).toBe(200_000)
    expect(request.all('content-digest')).toEqual([])
    const keys = await publishedBy(kit)
    expect(await (await judgeOf(kit, keys))(request)).toBe('insufficient_coverage')
    expect(await (await judgeOf(kit, keys, { content: 'unsigned' }))(request)).toMatchObject({ path: '/upload' })
  })

  test.each([
    ['a key that nobody made', '/api/keyless/x'],
    ['a secret in the place of a key', '/api/secret/x'],
  ])('UPV-12 an API that demands signatures is not called with %s', async (_, path) => {
    const before = kit.upstream.requests.length
    const answer = await kit.call('GET', path, { cookie })
    expect([answer.status, answer.header('cloakroom-error'), kit.upstream.requests.length]).toEqual([503, 'credential_unavailable', before])
  })

  test('a connection that broke is tried again under another signature: a nonce works once', async () => {
    const twice = await startKit({
      config: { shop: { sign: { key: 'shop-sign' } } },
      upstream: { script: [{ body: 'first' }, 'reset', { body: 'second' }] },
    })
    await addSigningKey(twice, 'shop-sign', twice.upstream.origin)
    const visitor = await twice.signIn()
    await twice.call('GET', '/api/shop/x', { cookie: visitor })
    expect((await twice.call('GET', '/api/shop/x', { cookie: visitor })).text).toBe('second')
    const nonces = twice.upstream.requests.map((request) => /nonce="([^"]+)"/.exec(request.header('signature-input') ?? '')?.[1])
    expect(new Set(nonces).size).toBe(3)
    await twice.close()
  })
})

describe('the public keys', () => {
  test('are at their address for anybody, as public members only, and not shadowed by the site', async () => {
    const answer = await kit.call('GET', '/.well-known/http-message-signatures-directory')
    expect(answer.header('content-type')).toBe('application/http-message-signatures-directory+json')
    const { keys } = JSON.parse(answer.text) as { keys: Record<string, unknown>[] }
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([['crv', 'kid', 'kty', 'use', 'x']])
    expect((await kit.call('POST', '/.well-known/http-message-signatures-directory')).status).toBe(405)
  })

  test('the address is the site’s while nothing signs', async () => {
    const plain = await startKit()
    expect((await plain.call('GET', '/.well-known/http-message-signatures-directory')).status).toBe(404)
    await plain.close()
  })

  test('UPV-13 a new key is published before it signs; the old one is published until its last signature has expired', async () => {
    const { vault, clock } = kit
    const before = (await publishedBy(kit)).map(({ kid }) => kid)
    const hour = 3_600_000
    const next = {
      is: 'signing-key',
      value: makeSigningKey('ed25519', systemRandom),
      notBefore: clock.now + hour,
      retireAfterMs: 0,
    } as const
    expect(await vault.rotate('shop-sign', next, clock.now)).toMatchObject({ kind: 'done' })
    const both = await publishedBy(kit)
    expect(both).toHaveLength(2)
    const fresh = both.find(({ kid }) => !before.includes(kid))?.kid
    const keyidOf = async (): Promise<string | undefined> =>
      /keyid="([^"]+)"/.exec((await sent('GET', '/api/open/x')).header('signature-input') ?? '')?.[1]
    expect(await keyidOf()).toBe(before[0])
    clock.now += hour
    cookie = await kit.signIn('grace')
    expect(await keyidOf()).toBe(fresh)
    clock.now += 119_000
    expect(await publishedBy(kit)).toHaveLength(2)
    clock.now += 2000
    expect((await publishedBy(kit)).map(({ kid }) => kid)).toEqual([fresh])
  })
})
