import { createRequire } from 'node:module'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  generateKey,
  publicJwk,
  signMessage,
  signingKey,
  verifyMessage,
  verifyingKey,
  type FieldLine,
  type Jwk,
  type RequestMessage,
} from '../src/index.ts'
import { CONTENT, field, NOON, ORDER, signed, verdictOn } from './kit.ts'
import { staticKeys } from '../src/index.ts'
import { optionalModule } from './optional.ts'

// What is used of http-message-signatures 1.0.6, another implementation of RFC 9421 by other people.
interface OtherMessage {
  method: string
  url: string
  headers: Record<string, string | string[]>
}
interface OtherKey {
  id: string
  alg: string
  sign(bytes: Buffer): Promise<Buffer>
}
interface OtherLibrary {
  createSigner(key: unknown, alg: string, id: string): OtherKey
  createVerifier(key: unknown, alg: string): (bytes: Buffer, signature: Buffer) => Promise<boolean>
  httpbis: {
    signMessage(config: object, message: OtherMessage): Promise<OtherMessage>
    verifyMessage(config: object, message: OtherMessage): Promise<boolean | null>
  }
}

const other = optionalModule('http-message-signatures', () =>
  createRequire(import.meta.url)('http-message-signatures'),
) as OtherLibrary | null

const COVER = ['@method', '@authority', '@path', '@query', 'authorization', 'cloakroom-context', 'content-type', 'content-digest']
const ALGORITHMS = [
  { algorithm: 'ed25519', theirs: 'ed25519' },
  { algorithm: 'ecdsa-p256-sha256', theirs: 'ecdsa-p256-sha256' },
  { algorithm: 'hmac-sha256', theirs: 'hmac-sha256' },
] as const

function keyObjects(jwk: Jwk): { readonly secret: unknown; readonly open: unknown } {
  if (jwk.kty === 'oct') return { secret: Buffer.from(jwk.k!, 'base64url'), open: Buffer.from(jwk.k!, 'base64url') }
  const key = createPrivateKey({ format: 'jwk', key: { ...jwk } })
  return { secret: key, open: createPublicKey(key) }
}

function toOther(message: RequestMessage): OtherMessage {
  const headers: Record<string, string[]> = {}
  for (const [name, value] of message.fields) (headers[name.toLowerCase()] ??= []).push(value)
  return { method: message.method, url: `https://${message.authority}${message.path}?${message.query ?? ''}`, headers }
}

function fromOther(message: OtherMessage, like: RequestMessage): RequestMessage {
  const fields = Object.entries(message.headers).flatMap(([name, value]): FieldLine[] =>
    [value].flat().map((line) => [name.toLowerCase(), line]),
  )
  return { ...like, fields }
}

describe.skipIf(other === null).each(ALGORITHMS)('http-message-signatures and this package under $algorithm', ({ algorithm, theirs }) => {
  it('it verifies what we sign, and refuses it when it was changed', async () => {
    const { privateJwk } = await generateKey(algorithm, 'k')
    const config = {
      keyLookup: () => Promise.resolve({ id: 'k', algs: [theirs], verify: other!.createVerifier(keyObjects(privateJwk).open, theirs) }),
      requiredFields: COVER,
      // Its own clock is the real one; the test lives at noon of one day.
      tolerance: 10 ** 9,
      maxAge: null,
    }
    const now = Math.floor(Date.now() / 1000)
    const fresh = await signed(ORDER, CONTENT, { jwk: privateJwk, clock: () => now })
    expect(await other!.httpbis.verifyMessage(config, toOther(fresh))).toBe(true)
    expect(await other!.httpbis.verifyMessage(config, { ...toOther(fresh), method: 'PUT' })).not.toBe(true)
  })

  it('we verify what it signs, in the core and in the profile', async () => {
    const { privateJwk } = await generateKey(algorithm, 'k')
    const open = publicJwk(privateJwk)
    const jwk = open.ok ? open.value : privateJwk
    const digest = field(await signed(), 'content-digest')
    const unsigned = { ...ORDER, fields: [...ORDER.fields, ['Content-Digest', digest] as const] }
    const config = {
      key: other!.createSigner(keyObjects(privateJwk).secret, theirs, 'k'),
      name: 'theirs',
      fields: COVER,
      params: ['created', 'expires', 'nonce', 'keyid', 'tag', 'alg'],
      paramValues: {
        created: new Date(NOON * 1000),
        expires: new Date((NOON + 60) * 1000),
        nonce: 'nonce-of-their-library',
        tag: 'cloakroom-v1',
      },
    }
    const theirsSigned = fromOther(await other!.httpbis.signMessage(config, toOther(unsigned)), ORDER)
    const key = await verifyingKey(jwk)
    expect(key.ok && (await verifyMessage(theirsSigned, { key: key.value })).ok).toBe(true)
    expect(await verdictOn(theirsSigned, CONTENT, { keys: await staticKeys([jwk]) })).toBe('accepted')
    expect(await verdictOn({ ...theirsSigned, path: '/v1/other' }, CONTENT, { keys: await staticKeys([jwk]) })).toBe('bad_signature')
  })

  it('both build the same bytes for one request', async () => {
    const { privateJwk } = await generateKey(algorithm, 'k')
    let theirBase = ''
    const spy: OtherKey = { id: 'k', alg: theirs, sign: (bytes) => Promise.resolve(Buffer.from((theirBase = bytes.toString()))) }
    await other!.httpbis.signMessage(
      {
        key: spy,
        fields: ['@method', '@authority', '@path', '@query', 'content-type'],
        params: ['created', 'keyid'],
        paramValues: { created: new Date(NOON * 1000) },
      },
      toOther(ORDER),
    )
    const ours = await signMessage(ORDER, {
      key: await signingKey(privateJwk),
      label: 'sig',
      cover: ['@method', '@authority', '@path', '@query', 'content-type'],
      parameters: { created: NOON, keyid: 'k' },
    })
    expect(ours.ok && ours.value.base).toBe(theirBase)
  })
})
