import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Kit, type KitOptions, startKit } from '../kit.ts'
import { openedSocket } from '../socket-call.ts'
import { startSocketUpstream } from '../socket-upstream.ts'

const ISSUER = 'https://id.example'
const AUDIENCE = 'https://shop.example/api'
const AT = Date.UTC(2026, 10, 23, 12) / 1000

let folder = ''
let kit: Kit
const undo: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jwt-sessions-'))
})
afterEach(async () => {
  await kit.close()
  for (const each of undo.splice(0)) await each()
  rmSync(folder, { recursive: true })
})

const pair = generateKeyPairSync('ed25519')
const next = generateKeyPairSync('ed25519')
const shown = async (key: typeof pair, kid: string) => ({ ...(await exportJWK(key.publicKey)), kid })
const jwt = (claims: object = {}, key = pair, kid = 'k-1') =>
  new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'app-7', iat: AT, exp: AT + 300, jti: 'j-1', scope: 'shop.read', ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
    .sign(key.privateKey)

async function start(change: object = {}, options: KitOptions = {}): Promise<Kit> {
  const file = join(folder, 'keys.json')
  writeFileSync(file, JSON.stringify({ keys: [await shown(pair, 'k-1')] }))
  const access = { jwt: { issuer: ISSUER, audience: AUDIENCE, keys: file, ...change } }
  kit = await startKit({ ...options, config: { ...options.config, shop: { ...options.config?.shop, access } } })
  return kit
}
const ask = async (text: string | null, more: Parameters<Kit['call']>[2] = {}) => {
  const headers = text === null ? [] : [['authorization', `Bearer ${text}`] as const]
  return await kit.call('GET', '/api/shop/products', { from: 'none', headers, ...more })
}
const code = async (asked: ReturnType<typeof ask>) => {
  const answer = await asked
  return [answer.status, answer.header('cloakroom-error'), answer.header('www-authenticate')]
}

test('an app with a JWT of the trusted issuer calls the API; the API sees its own secret and never the JWT', async () => {
  await start()
  const text = await jwt()
  expect((await ask(text)).status).toBe(200)
  expect((await kit.call('POST', '/api/shop/orders', { from: 'none', headers: [['authorization', `bearer ${text}`]] })).status).toBe(200)
  for (const request of kit.upstream.requests) expect(request.header('authorization')).toBe(`Bearer ${kit.secret}`)
  expect(Buffer.concat(kit.upstream.requests.map(({ head }) => head)).toString('latin1')).not.toContain(text.split('.')[1])
})

test('without one, with one that does not hold, or with too little scope nothing reaches the API, and the answer says no reason', async () => {
  await start({ scope: ['shop.read', 'shop.write'] })
  expect(await code(ask(null))).toEqual([401, 'jwt_required', 'Bearer'])
  expect(await code(ask(await jwt({ aud: 'https://other.example' })))).toEqual([401, 'jwt_refused', 'Bearer error="invalid_token"'])
  expect(await code(ask('nonsense'))).toEqual([401, 'jwt_refused', 'Bearer error="invalid_token"'])
  expect(await code(ask(await jwt()))).toEqual([403, 'jwt_scope', 'Bearer error="insufficient_scope"'])
  expect((await ask(await jwt({ scope: 'shop.write shop.read' }))).status).toBe(200)
  expect(kit.upstream.requests).toHaveLength(1)
  await kit.running.close(0)
  expect(kit.auditLines().filter(({ kind }) => kind === 'jwt.refused')).toMatchObject([
    { reason: 'for another audience', detail: { issuer: ISSUER } },
    { reason: 'not in strict form' },
  ])
})

test('a JWT in a cookie, in the query or in another field is none', async () => {
  await start()
  const text = await jwt()
  for (const name of ['__Host-Http-session', 'access_token', 'jwt']) {
    expect(await code(ask(null, { cookie: `${name}=${text}` }))).toEqual([401, 'jwt_required', 'Bearer'])
  }
  expect((await kit.call('GET', `/api/shop/products?access_token=${text}`, { from: 'none' })).status).toBe(401)
  expect(await code(ask(null, { headers: [['x-authorization', `Bearer ${text}`]] }))).toEqual([401, 'jwt_required', 'Bearer'])
  expect(kit.upstream.requests).toHaveLength(0)
})

test('a session does not open it unless the owner says so; a JWT that is shown decides alone', async () => {
  await start()
  const cookie = await kit.signIn()
  expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(401)
  await kit.close()
  await start({ orLogin: true })
  const again = await kit.signIn()
  expect((await kit.call('GET', '/api/shop/products', { cookie: again })).status).toBe(200)
  const bad = [['authorization', `Bearer ${await jwt({ iss: 'x' })}`] as const]
  expect((await kit.call('GET', '/api/shop/products', { cookie: again, headers: bad })).header('cloakroom-error')).toBe('jwt_refused')
  expect((await ask(await jwt())).status).toBe(200)
})

test('another website’s page cannot call with a JWT that it holds', async () => {
  await start()
  const headers = [
    ['authorization', `Bearer ${await jwt()}`],
    ['sec-fetch-site', 'cross-site'],
    ['origin', 'https://evil.example'],
  ] as const
  expect((await kit.call('GET', '/api/shop/products', { from: 'none', headers })).header('cloakroom-error')).toBe('cross_site')
})

test('REV-02 one JWT, a subject, or everything an issuer made until now is refused at the next call, on every gateway of the store', async () => {
  await start()
  const twin = await kit.twin()
  const until = kit.clock.now + 86_400_000
  const at = (text: string) => async () => {
    const headers = [['authorization', `Bearer ${text}`] as const]
    return [(await ask(text)).status, (await twin.call('GET', '/api/shop/products', { from: 'none', headers })).status]
  }
  const [one, two, other] = [at(await jwt()), at(await jwt({ jti: 'j-2' })), at(await jwt({ jti: 'j-3', sub: 'app-8' }))]
  expect([await one(), await two(), await other()]).toEqual([
    [200, 200],
    [200, 200],
    [200, 200],
  ])
  await kit.stores.denials.deny({ issuer: ISSUER, what: 'jti', value: 'j-1' }, Number.MAX_SAFE_INTEGER, until)
  expect([await one(), await two()]).toEqual([
    [401, 401],
    [200, 200],
  ])
  await kit.stores.denials.deny({ issuer: ISSUER, what: 'subject', value: 'app-7' }, kit.clock.now, until)
  expect([await two(), await other()]).toEqual([
    [401, 401],
    [200, 200],
  ])
  const newer = await jwt({ jti: 'j-4', iat: AT + 1 })
  kit.clock.now += 2000
  expect((await ask(newer)).status).toBe(200)
  await kit.stores.denials.deny({ issuer: ISSUER, what: 'issuer', value: '' }, kit.clock.now, until)
  expect([await other(), (await ask(newer)).status]).toEqual([[401, 401], 401])
})

test('a key that the issuer rotates in is found; one that it withdrew counts five minutes longer at most; unknown names do not make it ask more often', async () => {
  let keys = [await shown(pair, 'k-1')]
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.end(JSON.stringify({ keys }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => (server.closeAllConnections(), server.close()))
  await start({ keys: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` })
  expect((await ask(await jwt())).status).toBe(200)
  for (let n = 0; n < 20; n++) expect((await ask(await jwt({}, pair, `invented-${n}`))).status).toBe(401)
  expect(asked).toBe(1)
  keys = [await shown(next, 'k-2')]
  const rotated = await jwt({}, next, 'k-2')
  kit.clock.now += 31_000
  expect((await ask(rotated)).status).toBe(200)
  expect(asked).toBe(2)
  expect((await ask(await jwt())).status).toBe(401)
})

test('while the issuer’s keys cannot be had nobody is let in, and the answer is 503', async () => {
  await start({ keys: join(folder, 'keys.json') })
  rmSync(join(folder, 'keys.json'))
  expect(await code(ask(await jwt()))).toEqual([503, 'store_unavailable', null])
  expect(kit.upstream.requests).toHaveLength(0)
})

test('REV-03 a stream that hangs on a JWT ends with it, and within a second of its revocation', async () => {
  await start({}, { api: () => startSocketUpstream({}), config: { shop: { allow: ['WS /live/**'] } } })
  const open = async (text: string) => {
    const headers = { authorization: `Bearer ${text}` }
    return await openedSocket(kit, '/api/shop/live/prices', { headers, origin: null })
  }
  const [one, other] = [await open(await jwt()), await open(await jwt({ jti: 'j-2' }))]
  const deniedAt = performance.now()
  await kit.stores.denials.deny({ issuer: ISSUER, what: 'jti', value: 'j-1' }, Number.MAX_SAFE_INTEGER, kit.clock.now + 1_000_000)
  await one.closed
  expect(performance.now() - deniedAt).toBeLessThan(1500)
  kit.clock.now += 301_000
  await other.closed
})
