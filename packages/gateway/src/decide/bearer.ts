import type { Instant, RequestHead } from './head.ts'
import { only } from './headers.ts'
import { readMachineKey } from './machine-key.ts'

/** Signature algorithms that a JWT may have here: asymmetric ones. With a shared secret the gateway itself could make what it is to check (RFC 8725 §3.1). */
export const JWT_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number]

/** What an owner demands of the JWTs that an API takes. */
export interface JwtDemand {
  /** Exactly as in `iss`. */
  readonly issuer: string
  /** Must be among `aud`. */
  readonly audience: string
  readonly algorithms: readonly JwtAlgorithm[]
  /** https URL or absolute path of the issuer's JWK Set. */
  readonly keys: string
  /** `at+jwt`: access tokens of RFC 9068. `jwt`: whatever else an issuer calls them; the owner answers for telling them from ID tokens. */
  readonly type: 'at+jwt' | 'jwt'
  /** All of them must be in `scope`. */
  readonly scope: readonly string[]
  /** From `iat` to `exp`. */
  readonly longestMs: number
  /** A signed-in visitor may call, too. */
  readonly orLogin: boolean
}

/** What a JWT that holds says of its bearer. */
export interface Bearer {
  readonly issuer: string
  readonly subject: string
  /** `jti`; null when the issuer gives none. */
  readonly id: string | null
  readonly issuedAt: Instant
  readonly expiresAt: Instant
  readonly scope: readonly string[]
  /** A keyed name for logs, constant for this JWT. */
  readonly label: string
}

export type PresentedJwt = { readonly kind: 'absent' } | { readonly kind: 'one'; readonly jwt: string } | { readonly kind: 'unreadable' }

/** Reads `Authorization: Bearer …` (RFC 6750 §2.1) and nothing else: never a cookie, a form or the query. */
export function readBearer(head: Pick<RequestHead, 'headers'>): PresentedJwt {
  const { headers } = head
  if (headers.get('authorization') === null || readMachineKey(head).kind !== 'absent') return { kind: 'absent' }
  const field = only(headers, 'authorization')
  const found = field.kind === 'one' ? /^bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(field.value) : null
  return found?.[1] === undefined ? { kind: 'unreadable' } : { kind: 'one', jwt: found[1] }
}

/** Every JWT of a subject of this issuer, or one JWT: what a revocation names. */
export function denialNames({ issuer, subject, id }: Pick<Bearer, 'issuer' | 'subject' | 'id'>): readonly DenialName[] {
  return [
    { issuer, what: 'issuer', value: '' },
    { issuer, what: 'subject', value: subject },
    ...(id === null ? [] : [{ issuer, what: 'jti', value: id } as const]),
  ]
}

/** JWTs of this issuer: all, a subject's, or one. */
export interface DenialName {
  readonly issuer: string
  readonly what: 'issuer' | 'subject' | 'jti'
  readonly value: string
}

/** Was it issued before one of these moments? In the same second counts as before: `iat` knows no more. */
export function isDenied({ issuedAt }: Pick<Bearer, 'issuedAt'>, denials: readonly (Instant | null)[]): boolean {
  return denials.some((notBefore) => notBefore !== null && issuedAt <= notBefore)
}
