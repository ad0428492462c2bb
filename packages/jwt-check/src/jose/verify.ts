import { utf8 } from '../encoding/bytes.ts'
import { isJsonObject } from '../encoding/json.ts'
import { signatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts'
import type { SignedJwt } from './jwt.ts'
import { type Jwk, keyBytes } from './keys.ts'
import { cryptoParams, importKey } from './web-crypto.ts'

/** `unknown`: this platform cannot compute it, or key and algorithm do not belong together. */
export type Verdict = 'valid' | 'invalid' | 'unknown'

/** Checks one signature with one key (RFC 7515 §5.2). Looks at the signature alone: no claim, no `use`, no `kid`. */
export async function verifyWith(jwt: SignedJwt, jwk: Jwk): Promise<Verdict> {
  const algorithm = signatureAlgorithm(jwt.header['alg'])
  if (algorithm === undefined || !fits(algorithm, jwk)) return 'unknown'
  const params = cryptoParams(algorithm, jwk)
  if (params === undefined || (algorithm.kind === 'hmac' && keyBytes(jwk, 'k')?.length === 0)) return 'unknown'
  const key = await importKey(jwk, params, 'verify')
  if (key === undefined) return 'unknown'
  try {
    return (await crypto.subtle.verify(params, key, jwt.signature, utf8(jwt.signingInput))) ? 'valid' : 'invalid'
  } catch {
    return 'unknown'
  }
}

/** True when the key's type and curve are the ones that the algorithm needs (RFC 7518 §3.1). */
export function fits(algorithm: SignatureAlgorithm, jwk: Jwk): boolean {
  const kty = { hmac: 'oct', rsa: 'RSA', ec: 'EC', okp: 'OKP' }[algorithm.kind]
  if (jwk['kty'] !== kty) return false
  if (algorithm.crv !== undefined) return jwk['crv'] === algorithm.crv
  return algorithm.kind !== 'okp' || jwk['crv'] === 'Ed25519' || jwk['crv'] === 'Ed448'
}

/** The key that a proof JWT carries in its own header (RFC 9449 §4.2), if it is an object. */
export function embeddedKey(jwt: SignedJwt): Jwk | undefined {
  const jwk = jwt.header['jwk']
  return isJsonObject(jwk) ? jwk : undefined
}
