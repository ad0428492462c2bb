import type { Bytes } from '../encoding/bytes.ts'
import type { Json, JsonObject } from '../encoding/json.ts'

/** A JWT after a forgiving reading: whatever could be understood, plus every fault that a strict reader must refuse. */
export type Jwt = SignedJwt | EncryptedJwt | UnreadableJwt

export type SignedJwt = {
  readonly kind: 'signed'
  readonly compact: string
  readonly faults: readonly Fault[]
  readonly header: JsonObject
  readonly payload: Payload
  readonly signature: Bytes
  /** `header.payload` exactly as it arrived: what the signature covers (RFC 7515 §5.2). */
  readonly signingInput: string
}

export type EncryptedJwt = {
  readonly kind: 'encrypted'
  readonly compact: string
  readonly faults: readonly Fault[]
  readonly header: JsonObject
  readonly encryptedKey: Bytes
  readonly iv: Bytes
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

export type UnreadableJwt = { readonly kind: 'unreadable'; readonly compact: string; readonly faults: readonly Fault[] }

/** What the second part holds: claims, a JWT in a JWT (RFC 7519 §5.2), or bytes that are neither. */
export type Payload =
  | { readonly kind: 'claims'; readonly claims: JsonObject; readonly text: string }
  | { readonly kind: 'nested'; readonly inner: Jwt }
  | { readonly kind: 'other'; readonly value: Json | undefined }

/** One departure from the strict form. The rules JWT-37, JWT-38 and JWT-39 turn every kind into a finding. */
export type Fault = { readonly kind: FaultKind; readonly pointer: string; readonly detail?: string }
export type FaultKind =
  | 'too-large'
  | 'json-serialization'
  | 'whitespace'
  | 'part-count'
  | 'trailing-dot'
  | 'padding'
  | 'alphabet'
  | 'trailing-bits'
  | 'not-utf8'
  | 'byte-order-mark'
  | 'not-json'
  | 'not-object'
  | 'too-deep'
  | 'too-many-members'
  | 'duplicate-member'

/** The claims of a signed JWT, or undefined for every other shape. */
export function claimsOf(jwt: Jwt): JsonObject | undefined {
  return jwt.kind === 'signed' && jwt.payload.kind === 'claims' ? jwt.payload.claims : undefined
}

/** The protected header, or undefined when nothing could be read. */
export function headerOf(jwt: Jwt): JsonObject | undefined {
  return jwt.kind === 'unreadable' ? undefined : jwt.header
}
