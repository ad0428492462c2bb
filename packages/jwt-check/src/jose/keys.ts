import { fromBase64url } from '../encoding/base64url.ts'
import { isJsonObject, type Json, type JsonObject, readJson } from '../encoding/json.ts'
import type { Bytes } from '../encoding/bytes.ts'

/** A JWK as it arrived (RFC 7517 §4): members may have any type, so every use checks. */
export type Jwk = JsonObject

/** A set of keys with what is known about where it came from. */
export type KeySet = {
  readonly label: string
  readonly keys: readonly Jwk[]
  /** The issuer that owns these keys, when the caller said so. */
  readonly issuer?: string
  /** Where the set was fetched from, when it came from the network or a HAR. */
  readonly url?: string
  /** Response headers by lower-case name, when known. */
  readonly headers?: Readonly<Record<string, string>>
  /** True when the set is for the checker alone (a secret to verify with), so that secrets in it are no leak. */
  readonly confidential: boolean
  readonly faults: readonly string[]
}

/** Reads a JWK or a JWK Set (RFC 7517 §5). Answers a set without keys, with its faults, when the text is neither. */
export function readKeySet(text: string, label: string, confidential = false): KeySet {
  const reading = readJson(text)
  if (reading.kind === 'refused') return { label, keys: [], confidential, faults: [`not readable as JSON (${reading.reason})`] }
  const keys = keysIn(reading.value)
  const faults = reading.duplicates.map((name) => `member ${name} appears twice`)
  return { label, keys, confidential, faults: keys.length === 0 ? [...faults, 'holds no key'] : faults }
}

/** True when a parsed JSON value is a JWK or a JWK Set. */
export function looksLikeKeys(value: Json): boolean {
  return isJsonObject(value) && (typeof value['kty'] === 'string' || Array.isArray(value['keys']))
}

/** The bytes of a base64url member such as `n`, `x` or `k`; undefined when absent or misspelled. */
export function keyBytes(jwk: Jwk, member: string): Bytes | undefined {
  const raw = jwk[member]
  return typeof raw === 'string' ? fromBase64url(raw) : undefined
}

/** The private or secret members that a JWK carries: `d` and the CRT numbers, or `k`; AKP keys carry `priv`. */
export function privateMembers(jwk: Jwk): readonly string[] {
  return ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].filter((member) => jwk[member] !== undefined)
}

/** The JWK without its private members. */
export function publicPart(jwk: Jwk): Jwk {
  const secret = new Set(privateMembers(jwk))
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => !secret.has(name) && name !== 'key_ops'))
}

function keysIn(value: Json): readonly Jwk[] {
  if (!isJsonObject(value)) return []
  const list = value['keys']
  if (Array.isArray(list)) return (list as readonly Json[]).filter(isJsonObject)
  return typeof value['kty'] === 'string' ? [value] : []
}
