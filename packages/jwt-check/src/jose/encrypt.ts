import type { webcrypto } from 'node:crypto'
import { base64url } from '../encoding/base64url.ts'
import { bigEndian, type Bytes, concat, utf8 } from '../encoding/bytes.ts'
import { type JsonObject, shown } from '../encoding/json.ts'
import { type Jwk, keyBytes } from './keys.ts'

/** Choices for one JWE beyond the recipient's key. */
export type EncryptOptions = {
  readonly header?: JsonObject
  /** Compress with DEFLATE first (RFC 7516 §4.1.3). */
  readonly zip?: boolean
  /** Bytes of the authentication tag that are kept; 16 is honest. */
  readonly tagBytes?: number
}

/**
 * A compact JWE under A256GCM (RFC 7516) for an RSA, EC or 256-bit oct key: what anybody can make for a public key.
 * Undefined when the key cannot be used for it.
 */
export async function encryptJwt(plaintext: Bytes, recipient: Jwk, options: EncryptOptions = {}): Promise<string | undefined> {
  const agreed = await contentKey(recipient)
  if (agreed === undefined) return undefined
  const header = JSON.stringify({ ...agreed.header, enc: 'A256GCM', ...(options.zip === true ? { zip: 'DEF' } : {}), ...options.header })
  const protectedPart = base64url(utf8(header))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const key = await crypto.subtle.importKey('raw', agreed.cek, 'AES-GCM', false, ['encrypt'])
  const content = options.zip === true ? await deflate(plaintext) : plaintext
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: utf8(protectedPart) }, key, content))
  const tag = sealed.slice(-16).slice(0, options.tagBytes ?? 16)
  return [protectedPart, base64url(agreed.encryptedKey), base64url(iv), base64url(sealed.slice(0, -16)), base64url(tag)].join('.')
}

type Agreed = { readonly cek: Bytes; readonly encryptedKey: Bytes; readonly header: JsonObject }

async function contentKey(recipient: Jwk): Promise<Agreed | undefined> {
  try {
    if (recipient['kty'] === 'RSA') return await wrapped(recipient)
    if (recipient['kty'] === 'EC') return await agreed(recipient)
    const k = recipient['kty'] === 'oct' ? keyBytes(recipient, 'k') : undefined
    return k?.length === 32 ? { cek: k, encryptedKey: new Uint8Array(0), header: { alg: 'dir' } } : undefined
  } catch {
    return undefined
  }
}

async function wrapped({ kty, n, e }: Jwk): Promise<Agreed> {
  const cek = crypto.getRandomValues(new Uint8Array(32))
  const key = await crypto.subtle.importKey('jwk', { kty, n, e } as webcrypto.JsonWebKey, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, [
    'encrypt',
  ])
  const encryptedKey = new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, key, cek))
  return { cek, encryptedKey, header: { alg: 'RSA-OAEP-256' } }
}

async function agreed({ kty, crv, x, y }: Jwk): Promise<Agreed> {
  const params = { name: 'ECDH', namedCurve: shown(crv) }
  const theirs = await crypto.subtle.importKey('jwk', { kty, crv, x, y } as webcrypto.JsonWebKey, params, false, [])
  const ours = await crypto.subtle.generateKey(params, true, ['deriveBits'])
  const bits = { 'P-256': 256, 'P-384': 384, 'P-521': 528 }[params.namedCurve] ?? 256
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, ours.privateKey, bits))
  const { x: ex, y: ey } = await crypto.subtle.exportKey('jwk', ours.publicKey)
  return {
    cek: await concatKdf(shared),
    encryptedKey: new Uint8Array(0),
    header: { alg: 'ECDH-ES', epk: { kty: 'EC', crv: params.namedCurve, x: ex, y: ey } },
  }
}

/** One round of the Concat KDF for a 256-bit key under A256GCM without party information (RFC 7518 §4.6.2). */
async function concatKdf(shared: Bytes): Promise<Bytes> {
  const name = utf8('A256GCM')
  const input = concat(bigEndian(1, 4), shared, bigEndian(name.length, 4), name, bigEndian(0, 4), bigEndian(0, 4), bigEndian(256, 4))
  return new Uint8Array(await crypto.subtle.digest('SHA-256', input))
}

async function deflate(plaintext: Bytes): Promise<Bytes> {
  const stream = new Blob([plaintext]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
