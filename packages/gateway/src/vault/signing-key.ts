import { createHash, createPrivateKey, createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Jwk, SigningAlgorithm, SigningKey } from '@cloakroom/signature'
import { keyObjectSigner } from '@cloakroom/signature/node-keys'
import type { Random } from '../lib/random.ts'

/** A key that signs, and what may be known of it. The private half stays a KeyObject: outside the JavaScript heap, not printable. */
export interface OpenKey {
  readonly signer: SigningKey
  /** Null for a shared secret, which has no public half. */
  readonly publicJwk: Jwk | null
}

/** The value of a new key, for the vault to seal; the caller's to zero. */
export function makeSigningKey(algorithm: SigningAlgorithm, random: Random): Buffer {
  switch (algorithm) {
    case 'ed25519':
      return exported(generateKeyPairSync('ed25519').privateKey)
    case 'ecdsa-p256-sha256':
      return exported(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    case 'hmac-sha256':
      return random(SHARED_BYTES)
  }
}

/** Reads a sealed value. Throws on bytes that are no such key. */
export function openSigningKey(value: Uint8Array, algorithm: SigningAlgorithm): OpenKey {
  if (algorithm === 'hmac-sha256') {
    return { signer: keyObjectSigner(createSecretKey(value), algorithm, sharedKeyid(value)), publicJwk: null }
  }
  const key = createPrivateKey({ key: Buffer.from(value.buffer, value.byteOffset, value.byteLength), format: 'der', type: 'pkcs8' })
  const publicJwk = publicHalf(key)
  return { signer: keyObjectSigner(key, algorithm, publicJwk.kid), publicJwk }
}

/** A shared secret as the API's owner needs it, once: the gateway shows it to nobody again. */
export function sharedJwk(value: Uint8Array): Jwk {
  return { kty: 'oct', kid: sharedKeyid(value), use: 'sig', k: Buffer.from(value).toString('base64url') }
}

/** As many as the hash has: RFC 9421 §7.3.3. */
const SHARED_BYTES = 32

function exported(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' })
}

function publicHalf(key: KeyObject): Jwk & { readonly kid: string } {
  const { kty = '', crv = '', x = '', y } = createPublicKey(key).export({ format: 'jwk' })
  // RFC 7638 §3.2: the members in this order, nothing else.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, ...(y === undefined ? {} : { y }) }))
  return { kty, crv, x, ...(y === undefined ? {} : { y }), kid: thumbprint.digest('base64url'), use: 'sig' }
}

/** Of a random secret of this length a hash gives nothing away, as it would of a password (RFC 7638 §7). */
function sharedKeyid(value: Uint8Array): string {
  return createHash('sha256').update('cloakroom/keyid\n').update(value).digest('base64url').slice(0, 22)
}
