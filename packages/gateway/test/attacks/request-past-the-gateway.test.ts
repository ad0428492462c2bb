import { generateKey, signingKey, createSigner, type Jwk } from '@cloakroom/signature'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { addSigningKey, judgeOf, publishedBy, type Judge } from '../signed-kit.ts'
import type { UpstreamRequest } from '../upstream.ts'

let kit: Kit
let cookie: string
let keys: readonly Jwk[]
let judge: Judge
beforeAll(async () => {
  kit = await startKit({
    config: { shop: { sign: { key: 'shop-sign', context: ['account', 'roles'] }, allow: ['GET /**', 'POST /**'] } },
    apis: (origin) => ({
      other: { path: '/api/other', upstream: origin, allow: ['GET /**'], access: 'login', sign: { key: 'other-sign' } },
    }),
  })
  await addSigningKey(kit, 'shop-sign', kit.upstream.origin)
  await addSigningKey(kit, 'other-sign', kit.upstream.origin)
  cookie = await kit.signIn()
  keys = await publishedBy(kit)
  judge = await judgeOf(kit, keys)
})
afterAll(() => kit.close())

async function captured(method = 'GET', path = '/api/shop/orders', options: object = {}): Promise<UpstreamRequest> {
  const before = kit.upstream.requests.length
  await kit.call(method, path, { cookie, ...options })
  const request = kit.upstream.requests[before]
  if (request === undefined) throw new Error('nothing arrived')
  return request
}

const replaced = (request: UpstreamRequest, name: string, value: string | null): Pick<UpstreamRequest, 'headers'> => ({
  headers: [...request.headers.filter(([own]) => own.toLowerCase() !== name), ...(value === null ? [] : [[name, value] as const])],
})

describe('somebody who read one signed request', () => {
  test('UPV-01 cannot send it without its signature', async () => {
    const request = await captured()
    expect(await judge(request, replaced(request, 'signature', null))).toBe('unsigned')
    const bare = request.headers.filter(([name]) => !name.toLowerCase().startsWith('signature'))
    expect(await judge(request, { headers: bare })).toBe('unsigned')
    expect(await judge(request)).toMatchObject({ method: 'GET' })
  })

  test('UPV-08 cannot send it again', async () => {
    const request = await captured()
    expect(await judge(request)).toMatchObject({ method: 'GET' })
    expect(await judge(request)).toBe('replayed')
  })

  test.each([
    ['to another path', { target: '/v1/admin' }],
    ['with another query', { target: '/v1/orders?all=1' }],
    ['as another method', { method: 'DELETE' }],
  ])('UPV-03 cannot send it %s', async (_, change) => {
    expect(await judge(await captured(), change)).toBe('bad_signature')
  })

  test('UPV-03 cannot send it to another API, nor say that another account is calling, nor with another credential', async () => {
    const request = await captured()
    expect(await judge(request, replaced(request, 'host', 'other.example'))).toBe('wrong_authority')
    expect(await judge(request, replaced(request, 'cloakroom-context', 'v=1, sub="admin", roles=("admin")'))).toBe('bad_signature')
    expect(await judge(request, replaced(request, 'cloakroom-context', null))).toBe('missing_component')
    expect(await judge(request, replaced(request, 'authorization', 'Bearer another'))).toBe('bad_signature')
  })

  test('UPV-04 cannot exchange its body, nor add one', async () => {
    const order = await captured('POST', '/api/shop/orders', { body: '{"item":7}', headers: [['content-type', 'application/json']] })
    expect(await judge(order, { body: Buffer.from('{"item":8}') })).toBe('digest_mismatch')
    expect(await judge(await captured(), { body: Buffer.from('{"item":8}') })).toBe('insufficient_coverage')
  })

  test('UPV-07 cannot keep it for later, and a clock that runs ahead by more than seconds is refused', async () => {
    const request = await captured()
    const later = (seconds: number): Promise<Judge> => judgeOf(kit, keys, { clock: () => Math.floor(kit.clock.now / 1000) + seconds })
    expect(await (await later(61))(request)).toBe('too_old')
    expect(await (await later(-6))(request)).toBe('from_the_future')
    expect(await (await later(-5))(request)).toMatchObject({ method: 'GET' })
  })
})

test('UPV-06 the key of one API does not open another one', async () => {
  const own = keys.filter(({ kid }) => kid !== undefined)
  const request = await captured('GET', '/api/other/orders')
  const keyid = /keyid="([^"]+)"/.exec(request.header('signature-input') ?? '')?.[1]
  expect(await judge(request)).toMatchObject({ keyid })
  const pinned = await judgeOf(
    kit,
    own.filter(({ kid }) => kid !== keyid),
  )
  expect(await pinned(await captured('GET', '/api/other/orders'))).toBe('unknown_key')
})

test('UPV-06 a key of the attacker’s own under the gateway’s keyid is refused', async () => {
  const request = await captured()
  const forged = await generateKey('ed25519', keys[0]?.kid ?? null)
  const sign = createSigner({ key: await signingKey(forged.privateJwk), clock: () => Math.floor(kit.clock.now / 1000) })
  const fields = request.headers.filter(([name]) => !/^(?:signature|signature-input)$/i.test(name))
  const host = request.header('host') ?? ''
  const signed = await sign(
    { kind: 'request', method: 'GET', scheme: 'http', authority: host, path: '/v1/orders', query: null, fields },
    null,
  )
  if (!signed.ok) throw new Error(signed.detail)
  expect(await judge(request, { headers: [...fields, ...signed.value.fields] })).toBe('bad_signature')
})

test('UPV-14 a visitor cannot smuggle a context, a signature or a digest in: what arrives is the gateway’s own, once', async () => {
  const request = await captured('GET', '/api/shop/orders', {
    headers: [
      ['cloakroom-context', 'v=1, sub="admin"'],
      ['Cloakroom_Context', 'v=1, sub="admin"'],
      ['signature', 'cloakroom=:AAAA:'],
      ['signature-input', 'cloakroom=("@method");tag="cloakroom-v1"'],
      ['content-digest', 'sha-256=:AAAA:'],
    ],
  })
  for (const name of ['cloakroom-context', 'signature', 'signature-input']) expect(request.all(name)).toHaveLength(1)
  expect([...request.all('content-digest'), ...request.all('cloakroom_context')]).toEqual([])
  const account = (await kit.stores.accounts.findByKey('ada'))?.id
  expect(await judge(request)).toMatchObject({ context: { account, roles: [] } })
})

test('UPV-13 a key that was revoked signs nothing from the next request on, and leaves the directory', async () => {
  const request = await captured('GET', '/api/other/orders')
  const keyid = /keyid="([^"]+)"/.exec(request.header('signature-input') ?? '')?.[1]
  expect(await kit.vault.revoke('other-sign', null, kit.clock.now)).toMatchObject({ kind: 'done' })
  const before = kit.upstream.requests.length
  expect((await kit.call('GET', '/api/other/orders', { cookie })).status).toBe(503)
  expect(kit.upstream.requests.length).toBe(before)
  const left = await publishedBy(kit)
  expect(left.map(({ kid }) => kid)).not.toContain(keyid)
  expect(await (await judgeOf(kit, left))(request)).toBe('unknown_key')
})
