import type { webcrypto } from 'node:crypto'
import type { SignatureAlgorithm } from './algorithms.ts'
import type { Jwk } from './keys.ts'

/** The Web Crypto names for one JOSE algorithm, shared by signing and verifying. */
export type CryptoParams = { readonly name: string; readonly hash?: string; readonly namedCurve?: string; readonly saltLength?: number }

/** Import and operation parameters of a JOSE algorithm; undefined where Web Crypto has none (ES256K). */
export function cryptoParams(algorithm: SignatureAlgorithm, jwk: Jwk): CryptoParams | undefined {
  const hash = `SHA-${algorithm.hash}`
  if (algorithm.kind === 'hmac') return { name: 'HMAC', hash }
  if (algorithm.kind === 'rsa' && algorithm.alg.startsWith('PS')) return { name: 'RSA-PSS', hash, saltLength: algorithm.hash / 8 }
  if (algorithm.kind === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash }
  if (algorithm.alg === 'ES256K') return undefined
  if (algorithm.kind === 'ec') return { name: 'ECDSA', hash, namedCurve: algorithm.crv ?? '' }
  const crv = algorithm.crv ?? jwk['crv']
  return typeof crv === 'string' ? { name: crv } : undefined
}

/** A JWK reduced to its key material, so that `use`, `key_ops` or `alg` cannot make Web Crypto refuse what a sloppy verifier would take. */
export function bareJwk(jwk: Jwk, forSigning: boolean): Record<string, unknown> {
  const wanted = forSigning
    ? ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'k']
    : ['kty', 'crv', 'x', 'y', 'n', 'e', 'k']
  return Object.fromEntries(wanted.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]])))
}

/** A key of this platform's Web Crypto, or undefined when it refuses the material. */
export async function importKey(jwk: Jwk, params: CryptoParams, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey('jwk', bareJwk(jwk, usage === 'sign') as webcrypto.JsonWebKey, params, false, [usage])
  } catch {
    return undefined
  }
}
