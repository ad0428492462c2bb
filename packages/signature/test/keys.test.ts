import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  directoryOf,
  generateKey,
  signingKey,
  staticKeys,
  thumbprint,
  urlKeys,
  verifyingKey,
  type Jwk,
  type KeySource,
} from '../src/index.ts'
import { fileKeys } from '../src/keys/file.ts'
import { CONTENT, NOON, ORDER, signed, verdictOn } from './kit.ts'
import { ED25519, ECC_P256, SHARED_SECRET } from './appendix-b.ts'
import { listen, type Listening } from './servers.ts'

const old = await generateKey('ed25519', 'old')
const next = await generateKey('ed25519', 'next')
const set = (...jwks: readonly (Jwk | null)[]) => JSON.stringify({ keys: jwks })
const answerOf = async (keys: KeySource, keyid: string, now = NOON) => (await keys.find(keyid, now)).answer

describe('keys', () => {
  it('has the thumbprint that RFC 8037 Appendix A.3 prints', async () => {
    expect(await thumbprint({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    )
  })

  it.each([
    ['a curve that is not in the profile', { kty: 'EC', crv: 'P-384', x: 'AA', y: 'AA' }],
    ['a key for encryption', { ...ED25519, use: 'enc' }],
    ['an algorithm of another key type', { ...ED25519, alg: 'HS256' }],
    ['a type that does not exist', { kty: 'XYZ' }],
    ['a shared secret of 31 bytes', { kty: 'oct', kid: 'k', k: Buffer.alloc(31, 1).toString('base64url') }],
    ['a shared secret without a name', { kty: 'oct', k: SHARED_SECRET.k }],
    ['a point that is not on the curve', { ...ECC_P256, y: ECC_P256.x }],
    ['half a key', { kty: 'OKP', crv: 'Ed25519' }],
  ])('%s is unusable', async (_what, jwk) => {
    expect((await verifyingKey(jwk)).ok).toBe(false)
    await expect(staticKeys([jwk])).rejects.toThrow(TypeError)
  })

  it('a public key does not sign', async () => {
    await expect(signingKey(ECC_P256)).rejects.toThrow('private member')
  })

  it('one keyid for two keys is a mistake in the configuration', async () => {
    await expect(staticKeys([old.publicJwk!, { ...next.publicJwk!, kid: 'old' }])).rejects.toThrow('twice')
  })

  it('a directory holds public members only, and never a shared secret', () => {
    const published = directoryOf([old.privateJwk, next.privateJwk])
    expect(published).toEqual({ keys: [old.publicJwk, next.publicJwk] })
    expect(JSON.stringify(published)).not.toContain('"d"')
    expect(() => directoryOf([SHARED_SECRET])).toThrow(TypeError)
  })
})

describe('keys in a file', () => {
  let folder = ''
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cloakroom-keys-'))))
  afterAll(() => rm(folder, { recursive: true }))

  it('follow a rotation without a restart (UPV-13)', async () => {
    const path = join(folder, 'rotated.json')
    await writeFile(path, set(old.publicJwk))
    const keys = fileKeys({ path, cooldownSeconds: 5 })
    expect(await answerOf(keys, 'old')).toBe('key')
    await writeFile(path, set(old.publicJwk, next.publicJwk))
    expect(await answerOf(keys, 'next', NOON + 4)).toBe('unknown')
    expect(await answerOf(keys, 'next', NOON + 5)).toBe('key')
    await writeFile(path, set(next.publicJwk))
    expect(await answerOf(keys, 'old', NOON + 10)).toBe('unknown')
  })

  it.each([
    ['not JSON', '{"keys":['],
    ['not keys', '{"keys":[1]}'],
    ['another document', '[]'],
    ['too many keys', set(...Array.from({ length: 65 }, () => old.publicJwk))],
    ['too large', `{"keys":[],"x":"${'x'.repeat(70_000)}"}`],
    ['one key that is unusable', set(old.publicJwk, { kty: 'XYZ' })],
  ])('%s: refused (UPV-12)', async (_what, content) => {
    const path = join(folder, 'broken.json')
    await writeFile(path, content)
    expect(await answerOf(fileKeys({ path }), 'old')).toBe('unavailable')
  })

  it('a file that is not there: refused (UPV-12)', async () => {
    expect(await verdictOn(await signed(), CONTENT, { keys: fileKeys({ path: join(folder, 'absent.json') }) })).toBe('keys_unavailable')
  })

  it.skipIf(process.platform === 'win32')('a secret that others may read is not used', async () => {
    const path = join(folder, 'secret.json')
    await writeFile(path, JSON.stringify(SHARED_SECRET))
    await chmod(path, 0o644)
    expect(await answerOf(fileKeys({ path }), SHARED_SECRET.kid)).toBe('unavailable')
    await chmod(path, 0o600)
    expect(await answerOf(fileKeys({ path }), SHARED_SECRET.kid)).toBe('key')
  })
})

describe('keys at an address', () => {
  let listening: Listening
  let asked = 0
  let reply: RequestListener = () => undefined
  beforeAll(async () => {
    const count: RequestListener = (request, response) => {
      asked += 1
      reply(request, response)
    }
    listening = await listen(createServer(count))
  })
  afterAll(() => listening.close())
  afterEach(() => void (asked = 0))

  const json = (text: string) => (_request: unknown, response: ServerResponse) => void response.end(text)
  const source = (options: object = {}) =>
    urlKeys({ url: `http://127.0.0.1:${listening.port}/keys`, unsafeAllowPlainHttp: true, ...options })

  it('are fetched once for many requests', async () => {
    reply = json(set(old.publicJwk))
    const keys = source()
    const answers = await Promise.all(Array.from({ length: 50 }, () => answerOf(keys, 'old')))
    expect({ good: answers.filter((each) => each === 'key').length, asked }).toEqual({ good: 50, asked: 1 })
  })

  it('unknown keyids ask again at most once per cool-down', async () => {
    reply = json(set(old.publicJwk))
    const keys = source({ cooldownSeconds: 30 })
    for (let second = 0; second < 61; second++) await keys.find(`made-up-${second}`, NOON + second)
    expect(asked).toBe(3)
  })

  it('a failure has its cool-down too', async () => {
    reply = (_request, response) => void response.writeHead(500).end()
    const keys = source({ cooldownSeconds: 30 })
    for (let second = 0; second < 30; second++) expect(await answerOf(keys, 'old', NOON + second)).toBe('unavailable')
    expect(asked).toBe(1)
    reply = json(set(old.publicJwk))
    expect(await answerOf(keys, 'old', NOON + 30)).toBe('key')
  })

  it('a new key is found when it is first used, a retired one refused after the set has aged (UPV-13)', async () => {
    reply = json(set(old.publicJwk))
    const keys = source({ cooldownSeconds: 30, maxAgeSeconds: 600 })
    expect(await answerOf(keys, 'old')).toBe('key')
    reply = json(set(old.publicJwk, next.publicJwk))
    expect(await answerOf(keys, 'next', NOON + 31)).toBe('key')
    reply = json(set(next.publicJwk))
    expect(await answerOf(keys, 'old', NOON + 60)).toBe('key')
    expect(await answerOf(keys, 'old', NOON + 31 + 601)).toBe('unknown')
  })

  it('half-way through its life a set is renewed beside a request, which does not wait', async () => {
    reply = json(set(old.publicJwk))
    const keys = source({ maxAgeSeconds: 600 })
    expect(await answerOf(keys, 'old')).toBe('key')
    const held: ServerResponse[] = []
    reply = (_request, response) => void held.push(response)
    expect(await answerOf(keys, 'old', NOON + 301)).toBe('key')
    await expect.poll(() => held.length).toBe(1)
    expect(await answerOf(keys, 'old', NOON + 302)).toBe('key')
    held[0]!.end(set(next.publicJwk))
    await expect.poll(() => answerOf(keys, 'old', NOON + 303)).toBe('unknown')
    expect(await answerOf(keys, 'next', NOON + 303)).toBe('key')
    expect(asked).toBe(2)
  })

  it('an old set is not used when no new one is to be had (UPV-12)', async () => {
    reply = json(set(old.publicJwk))
    const keys = source({ maxAgeSeconds: 600 })
    expect(await answerOf(keys, 'old')).toBe('key')
    reply = (_request, response) => void response.writeHead(503).end()
    expect(await answerOf(keys, 'old', NOON + 600)).toBe('key')
    expect(await answerOf(keys, 'old', NOON + 601)).toBe('unavailable')
  })

  it.each<[string, RequestListener]>([
    ['another status', (_request, response) => void response.writeHead(404).end(set(old.publicJwk))],
    [
      'a redirect, even to a good set',
      (request, response) =>
        void (request.url === '/keys' ? response.writeHead(302, { location: '/other' }).end() : response.end(set(old.publicJwk))),
    ],
    ['no JSON', json('<html>')],
    ['no key set', json('"x"')],
    ['a megabyte', json(`{"keys":[],"x":"${'x'.repeat(1_000_000)}"}`)],
    ['65 keys', json(set(...Array.from({ length: 65 }, () => old.publicJwk)))],
    ['a shared secret in public', json(set(SHARED_SECRET))],
    ['one keyid twice', json(set(old.publicJwk, { ...next.publicJwk!, kid: 'old' }))],
    ['a broken connection', (request) => void request.socket.destroy()],
    ['no answer in time', () => undefined],
  ])('%s: refused (UPV-12)', async (_what, listener) => {
    reply = listener
    expect(await answerOf(source({ timeoutSeconds: 0.1 }), 'old')).toBe('unavailable')
  })

  it('plain http and an address with a password are refused', () => {
    expect(() => urlKeys({ url: 'http://gateway.example/keys' })).toThrow('https')
    expect(() => urlKeys({ url: 'https://user:pass@gateway.example/keys' })).toThrow('password')
  })

  it('a request is verified with a key from there', async () => {
    reply = json(set(old.publicJwk))
    const request = await signed(ORDER, CONTENT, { jwk: old.privateJwk })
    expect(await verdictOn(request, CONTENT, { keys: source() })).toBe('accepted')
  })
})
