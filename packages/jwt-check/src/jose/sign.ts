import { base64url } from '../encoding/base64url.ts'
import { type Bytes, utf8 } from '../encoding/bytes.ts'
import { type JsonObject, shown } from '../encoding/json.ts'
import { signatureAlgorithm } from './algorithms.ts'
import type { Jwk } from './keys.ts'
import { cryptoParams, importKey } from './web-crypto.ts'

/** The first two parts of a JWT: what a signature covers (RFC 7515 §5.1). */
export function signingInput(header: JsonObject, claims: JsonObject | string): string {
  const payload = typeof claims === 'string' ? claims : JSON.stringify(claims)
  return `${base64url(utf8(JSON.stringify(header)))}.${base64url(utf8(payload))}`
}

/** A compact JWT under any header, including dishonest ones. `alg` of the header chooses the mathematics; throws when the key cannot do it. */
export async function signJwt(header: JsonObject, claims: JsonObject | string, jwk: Jwk): Promise<string> {
  const input = signingInput(header, claims)
  return `${input}.${base64url(await signBytes(shown(header['alg']), utf8(input), jwk))}`
}

/** A signature of the named algorithm over the bytes. Throws when platform or key cannot produce it: the caller chose both. */
export async function signBytes(alg: string, content: Bytes, jwk: Jwk): Promise<Bytes> {
  const algorithm = signatureAlgorithm(alg)
  const params = algorithm === undefined ? undefined : cryptoParams(algorithm, jwk)
  if (params === undefined) throw new Error(`Signing with ${alg} is not possible on this platform.`)
  const key = await importKey(jwk, params, 'sign')
  if (key === undefined) throw new Error(`The signing key does not fit ${alg}.`)
  return new Uint8Array(await crypto.subtle.sign(params, key, content))
}

/** An HMAC under a raw secret of any length and spelling, as used by key confusion (RFC 8725bis §2.1). */
export async function hmac(hash: 256 | 384 | 512, secret: Bytes, content: Bytes): Promise<Bytes> {
  const params = { name: 'HMAC', hash: `SHA-${hash}` }
  const key = await crypto.subtle.importKey('raw', secret, params, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, content))
}
