import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSigningKey, sharedJwk } from '../../src/vault/signing-key.ts'
import { type Kit, startKit } from '../kit.ts'
import { judgeOf, publishedBy } from '../signed-kit.ts'

let kit: Kit
let cookie: string
const value = makeSigningKey('hmac-sha256', randomBytes)
const shared = sharedJwk(value)
beforeAll(async () => {
  kit = await startKit({
    placement: 'header:x-api-key',
    config: { shop: { sign: { key: 'shop-shared', context: ['account'] }, allow: ['GET /**', 'POST /**'] } },
  })
  const kind = { is: 'signing-key', algorithm: 'hmac-sha256' } as const
  await kit.vault.add('shop-shared', { kind, value, placement: null, origins: [kit.upstream.origin] }, kit.clock.now)
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

test('UPV-06 a gateway signs with a shared secret; the API takes what was signed, and nothing that was changed or signed with another one', async () => {
  const headers = [['content-type', 'application/json']] as const
  expect((await kit.call('POST', '/api/shop/orders?page=2', { cookie, body: '{"item":7}', headers })).status).toBe(200)
  const [request] = kit.upstream.requests
  if (request === undefined) throw new Error('nothing arrived')
  const judge = await judgeOf(kit, [shared], { coverAlso: ['x-api-key'] })
  const other = await judgeOf(kit, [{ ...sharedJwk(randomBytes(32)), kid: shared.kid ?? '' }], { coverAlso: ['x-api-key'] })
  expect(await other(request)).toBe('bad_signature')
  expect(await judge(request, { body: Buffer.from('{"item":8}') })).toBe('digest_mismatch')
  expect(await judge(request, { target: '/v1/orders?page=3' })).toBe('bad_signature')
  expect(await judge(request)).toMatchObject({ method: 'POST', path: '/v1/orders', algorithm: 'hmac-sha256' })
  expect(await judge(request)).toBe('replayed')
})

test('UPV-06 what is shared is in no public directory', async () => {
  expect(await publishedBy(kit)).toEqual([])
  expect((await kit.call('GET', '/.well-known/jwks.json')).text).not.toContain('oct')
})
