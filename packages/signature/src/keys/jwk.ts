import { fromBase64, toBase64Url, utf8 } from '../encoding.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import type { VerifyingAlgorithm } from './algorithm.ts'

/** A JSON Web Key (RFC 7517, RFC 8037) with the members that matter here. `nbf` and `exp` are Unix seconds, as in signature directories. */
export interface Jwk {
  readonly kty: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly d?: string
  readonly k?: string
  readonly n?: string
  readonly e?: string
  readonly nbf?: number
  readonly exp?: number
}

export interface JwkSet {
  readonly keys: readonly Jwk[]
}

// RFC 9421 §7.3.3 and the profile: a shared secret shorter than the hash it feeds is guessable sooner than the hash is breakable.
const SHORTEST_SHARED_SECRET = 32

/** Which algorithm a key is for. It follows from the key alone, never from the message (RFC 9421 §7.3.6). */
export function algorithmOf(jwk: Jwk): Outcome<VerifyingAlgorithm, 'unusable_key'> {
  if (jwk.use !== undefined && jwk.use !== 'sig') return failed('unusable_key', `a key for ${jwk.use}, not for signatures`)
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return named(jwk, 'ed25519', ['EdDSA', 'Ed25519', 'ed25519'])
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return named(jwk, 'ecdsa-p256-sha256', ['ES256', 'ecdsa-p256-sha256'])
  if (jwk.kty === 'RSA') return named(jwk, 'rsa-pss-sha512', ['PS512', 'rsa-pss-sha512'])
  if (jwk.kty !== 'oct') return failed('unusable_key', `a key of type ${jwk.kty} ${jwk.crv ?? ''}`)
  const secret = fromBase64(jwk.k ?? '')
  if (secret === null || secret.length < SHORTEST_SHARED_SECRET) {
    return failed('unusable_key', `a shared secret needs at least ${SHORTEST_SHARED_SECRET} bytes`)
  }
  return named(jwk, 'hmac-sha256', ['HS256', 'hmac-sha256'])
}

/** The same key without its private members. A shared secret has no public half. */
export function publicJwk(jwk: Jwk): Outcome<Jwk, 'unusable_key'> {
  if (jwk.kty === 'oct') return failed('unusable_key', 'a shared secret must not be published')
  const names = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e', 'nbf', 'exp'] as const
  return fine(Object.fromEntries(names.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]]))) as unknown as Jwk)
}

/** The thumbprint of a public key (RFC 7638, RFC 8037 §2), base64url: a `keyid` that nobody has to invent. */
export async function thumbprint(jwk: Jwk): Promise<string> {
  const { crv, kty, x, y, n, e } = jwk
  const required = kty === 'OKP' ? { crv, kty, x } : kty === 'EC' ? { crv, kty, x, y } : kty === 'RSA' ? { e, kty, n } : null
  if (required === null)
    throw new TypeError('Only a public key has a thumbprint: that of a shared secret would give it away (RFC 7638 §7).')
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(JSON.stringify(required)))))
}

/** Reads a JWK or a JWK Set from parsed JSON. Null when it is neither. */
export function readJwks(json: unknown, mostKeys: number): readonly Jwk[] | null {
  if (!isRecord(json)) return null
  const keys: readonly unknown[] = Array.isArray(json['keys']) ? json['keys'] : [json]
  return keys.length <= mostKeys && keys.every(isJwk) ? keys : null
}

function isJwk(json: unknown): json is Jwk {
  if (!isRecord(json) || typeof json['kty'] !== 'string') return false
  const texts = ['kid', 'alg', 'use', 'crv', 'x', 'y', 'd', 'k', 'n', 'e'].every(
    (name) => json[name] === undefined || typeof json[name] === 'string',
  )
  return texts && ['nbf', 'exp'].every((name) => json[name] === undefined || Number.isFinite(json[name]))
}

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function named(jwk: Jwk, algorithm: VerifyingAlgorithm, names: readonly string[]): Outcome<VerifyingAlgorithm, 'unusable_key'> {
  return jwk.alg === undefined || names.includes(jwk.alg) ? fine(algorithm) : failed('unusable_key', `alg ${jwk.alg} on a ${jwk.kty} key`)
}
