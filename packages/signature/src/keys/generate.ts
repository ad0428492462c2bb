import { toBase64Url } from '../encoding.ts'
import { RECIPES, type SigningAlgorithm } from './algorithm.ts'
import { publicJwk, thumbprint, type Jwk } from './jwk.ts'

/** A new key. `publicJwk` is null for a shared secret: both sides then hold `privateJwk`, and either could forge (RFC 9421 §7.3.3). */
export interface GeneratedKey {
  readonly privateJwk: Jwk
  readonly publicJwk: Jwk | null
}

/** Makes a key with Web Crypto. Without a `keyid` it is the thumbprint, or 16 random bytes for a shared secret. */
export async function generateKey(algorithm: SigningAlgorithm, keyid: string | null = null): Promise<GeneratedKey> {
  if (algorithm === 'hmac-sha256') return { privateJwk: sharedSecret(keyid), publicJwk: null }
  const generated = await crypto.subtle.generateKey(RECIPES[algorithm].importing, true, ['sign', 'verify'])
  if (!('privateKey' in generated)) throw new TypeError(`Web Crypto made no key pair for ${algorithm}.`)
  const { kty = '', crv = '', x = '', y, d = '' } = await crypto.subtle.exportKey('jwk', generated.privateKey)
  const own: Jwk = { kty, crv, x, ...(y === undefined ? {} : { y }), d, use: 'sig' }
  const privateJwk: Jwk = { ...own, kid: keyid ?? (await thumbprint(own)) }
  const open = publicJwk(privateJwk)
  return { privateJwk, publicJwk: open.ok ? open.value : null }
}

function sharedSecret(keyid: string | null): Jwk {
  return { kty: 'oct', k: toBase64Url(randomBytes(32)), use: 'sig', kid: keyid ?? toBase64Url(randomBytes(16)) }
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}
