import type { SceneParts } from '../../src/build-scene.ts'
import { base64url } from '../../src/encoding/base64url.ts'
import { utf8 } from '../../src/encoding/bytes.ts'
import type { JsonObject } from '../../src/encoding/json.ts'
import type { Jwk, KeySet } from '../../src/jose/keys.ts'
import { publicPart } from '../../src/jose/keys.ts'
import { signJwt } from '../../src/jose/sign.ts'
import { type ProfileName, profiles } from '../../src/profile.ts'
import type { RuleId, Severity } from '../../src/rule.ts'

/** One example for one rule: it fires with this text at this pointer, or (`fires: undefined`) is the twin that passes. */
export type Case = {
  readonly id: RuleId
  readonly name: string
  readonly parts: () => Partial<SceneParts> | Promise<Partial<SceneParts>>
  readonly fires?: { readonly pointer: string; readonly reason?: string | RegExp; readonly severity?: Severity; readonly times?: number }
}

export const now = 1_800_000_000

export const good = {
  iss: 'https://issuer.example',
  sub: 'user-7f3a',
  aud: 'https://api.example',
  exp: now + 600,
  iat: now - 5,
  jti: '6f2b8f0e-5a52-4d86-9f4b-0c8a5f3b7d11',
  client_id: 'client-one',
  scope: 'orders.read',
} as const

async function pair(params: EcKeyGenParams | RsaHashedKeyGenParams | { readonly name: string }): Promise<Jwk> {
  const { privateKey } = (await crypto.subtle.generateKey(params as EcKeyGenParams, true, ['sign', 'verify'])) as CryptoKeyPair
  const { key_ops: _operations, ext: _ext, alg: _alg, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey)
  return jwk as Jwk
}
type EcKeyGenParams = { readonly name: string; readonly namedCurve: string }
type RsaHashedKeyGenParams = {
  readonly name: string
  readonly modulusLength: number
  readonly publicExponent: Uint8Array<ArrayBuffer>
  readonly hash: string
}
type CryptoKeyPair = { readonly privateKey: Parameters<typeof crypto.subtle.exportKey>[1] }

export const rsaKey = await pair({
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
})
export const ecKey = await pair({ name: 'ECDSA', namedCurve: 'P-256' })
export const otherEcKey = await pair({ name: 'ECDSA', namedCurve: 'P-256' })
export const ec384Key = await pair({ name: 'ECDSA', namedCurve: 'P-384' })
export const ec521Key = await pair({ name: 'ECDSA', namedCurve: 'P-521' })
export const edKey = await pair({ name: 'Ed25519' })
export const macKey: Jwk = { kty: 'oct', k: base64url(crypto.getRandomValues(new Uint8Array(64))) }

/** The secret text as a JWK. */
export function secret(text: string): Jwk {
  return { kty: 'oct', k: base64url(utf8(text)) }
}

/** A signed JWT; header members override, and `alg` picks the key unless one is given. */
export async function jwt(claims: JsonObject | string = good, header: JsonObject = {}, key?: Jwk): Promise<string> {
  const full = { alg: 'ES256', typ: 'at+jwt', ...header }
  return signJwt(full, claims, key ?? keyFor(full.alg))
}

function keyFor(alg: string): Jwk {
  if (alg.startsWith('HS')) return macKey
  if (alg.startsWith('RS') || alg.startsWith('PS')) return rsaKey
  if (alg === 'ES384') return ec384Key
  if (alg === 'ES512') return ec521Key
  return alg.startsWith('Ed') ? edKey : ecKey
}

/** A JWT with any header and any signature text, signed by nobody. */
export function raw(
  header: JsonObject | string,
  claims: JsonObject | string = good,
  signature = base64url(new Uint8Array(64).fill(7)),
): string {
  const text = (part: JsonObject | string): string => base64url(utf8(typeof part === 'string' ? part : JSON.stringify(part)))
  return `${text(header)}.${text(claims)}.${signature}`
}

/** A five-part JWE whose parts have the right lengths for A256GCM and hold noise. */
export function jwe(header: JsonObject, lengths: { readonly iv?: number; readonly tag?: number } = {}): string {
  const noise = (length: number): string => base64url(crypto.getRandomValues(new Uint8Array(length)))
  const full = { enc: 'A256GCM', ...header }
  return [base64url(utf8(JSON.stringify(full))), noise(40), noise(lengths.iv ?? 12), noise(80), noise(lengths.tag ?? 16)].join('.')
}

export function keys(list: readonly Jwk[], extra: Partial<KeySet> = {}): KeySet {
  return { label: 'keys', keys: list, confidential: false, faults: [], ...extra }
}

export const open = (...list: readonly Jwk[]): readonly KeySet[] => [keys(list.map(publicPart))]
export const held = (...list: readonly Jwk[]): readonly KeySet[] => [keys(list, { confidential: true })]

/** A JWT held to a named profile. */
export async function as(profile: ProfileName, claims: JsonObject = good, header: JsonObject = {}): Promise<Partial<SceneParts>> {
  return { jwts: [await jwt(claims, header)], profile: profiles[profile] }
}

/** Claims with some members left out. */
export function without(...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(good).filter(([name]) => !names.includes(name)))
}
