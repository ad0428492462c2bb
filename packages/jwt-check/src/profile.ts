import { isJsonObject, type Json } from './encoding/json.ts'
import { claimsOf, headerOf, type Jwt } from './jose/jwt.ts'

/** What a JWT is meant to be, and so which claims, lifetimes and types are right for it. */
export type Profile = {
  readonly name: string
  /** Acceptable `typ` values without `application/`; empty accepts any. */
  readonly typ: readonly string[]
  /** Claims that must be there, `exp` and `iat` included. */
  readonly requires: readonly string[]
  /** Longest lifetime in seconds before a warning, and before an error. */
  readonly lifetime: { readonly warning: number; readonly error?: number }
  /** Clock difference in seconds that the verifier forgives. */
  readonly skew: number
  /** True when one JWT may be used once: proofs and logout notices. */
  readonly singleUse: boolean
  /** True when the key in the header is meant to be used: proofs of possession. */
  readonly selfKeyed: boolean
  /** The verifier's allow-list, exactly as configured; undefined when nobody said. */
  readonly algorithms?: readonly string[]
  /** A block-list in place of an allow-list: reported, because every list of bad names is incomplete. */
  readonly blockedAlgorithms?: readonly string[]
  readonly issuer?: string
  readonly audience?: string
}

/** Names that `--profile` takes, besides a file. */
export type ProfileName = 'any' | 'id-token' | 'access-token' | 'dpop' | 'logout' | 'dbsc'

const minutes = 60
const hours = 3600
const common = { skew: 60, singleUse: false, selfKeyed: false } as const

// Lifetimes: ID and access tokens as RFC 9700 §2.2 suggests; proofs and logout notices as RFC 9449 §11.1 and ASVS 10.5.5.
/** The built-in profiles. Required claims: RFC 9068 §2.2, OIDC Core §2, RFC 9449 §4.2, Back-Channel Logout §2.4, DBSC §format-jwt. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  any: { ...common, name: 'any', typ: [], requires: ['exp'], lifetime: { warning: 24 * hours } },
  'id-token': {
    ...common,
    name: 'id-token',
    typ: ['JWT'],
    requires: ['iss', 'sub', 'aud', 'exp', 'iat'],
    lifetime: { warning: 60 * minutes },
  },
  'access-token': {
    ...common,
    name: 'access-token',
    typ: ['at+jwt'],
    requires: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
    lifetime: { warning: 60 * minutes, error: 24 * hours },
  },
  dpop: {
    ...common,
    name: 'dpop',
    typ: ['dpop+jwt'],
    requires: ['jti', 'htm', 'htu', 'iat'],
    lifetime: { warning: 5 * minutes },
    singleUse: true,
    selfKeyed: true,
  },
  logout: {
    ...common,
    name: 'logout',
    typ: ['logout+jwt'],
    requires: ['iss', 'aud', 'iat', 'exp', 'jti', 'events'],
    lifetime: { warning: 2 * minutes },
    singleUse: true,
  },
  dbsc: {
    ...common,
    name: 'dbsc',
    typ: ['dbsc+jwt'],
    requires: ['jti'],
    lifetime: { warning: 5 * minutes },
    singleUse: true,
    selfKeyed: true,
  },
}

/** The profile that a JWT's own `typ` and claims point to; `any` when they point nowhere. */
export function guessProfile(jwt: Jwt): Profile {
  const typ = plainType(headerOf(jwt)?.['typ'])
  const named = Object.values(profiles).find((profile) => profile.name !== 'id-token' && profile.typ.includes(typ))
  if (named !== undefined) return named
  const claims = claimsOf(jwt)
  if (claims?.['at_hash'] !== undefined || claims?.['nonce'] !== undefined) return profiles['id-token']
  return profiles.any
}

/** `typ` in comparable form: lower case, without `application/` (RFC 7515 §4.1.9); `JWT` keeps its usual spelling. */
export function plainType(typ: Json | undefined): string {
  if (typeof typ !== 'string') return ''
  const plain = typ.toLowerCase().replace(/^application\//, '')
  return plain === 'jwt' ? 'JWT' : plain
}

/**
 * A profile of one's own from JSON: `{ "extends": "access-token", "issuer": …, "algorithms": [...] }`, any member of `Profile`.
 * Answers a sentence instead when a member is unknown or of the wrong type.
 */
export function readProfile(value: Json): Profile | string {
  if (!isJsonObject(value)) return 'A profile is a JSON object.'
  const { extends: parent = 'any', ...own } = value
  const base = typeof parent === 'string' && Object.hasOwn(profiles, parent) ? profiles[parent as ProfileName] : undefined
  if (base === undefined) return `"extends" must be one of ${Object.keys(profiles).join(', ')}.`
  const wrong = Object.entries(own).find(([name, member]) => !(shapes[name]?.(member) ?? false))
  if (wrong !== undefined) return `The profile's member "${wrong[0]}" is unknown or has the wrong type.`
  return { ...base, ...(own as Partial<Profile>) }
}

const isText = (value: Json | undefined): boolean => typeof value === 'string'
const isSeconds = (value: Json | undefined): boolean => typeof value === 'number' && value >= 0
const isTexts = (value: Json | undefined): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

const shapes: Readonly<Record<string, (value: Json | undefined) => boolean>> = {
  name: isText,
  typ: isTexts,
  requires: isTexts,
  lifetime: (value) => isJsonObject(value) && isSeconds(value['warning']) && (value['error'] === undefined || isSeconds(value['error'])),
  skew: isSeconds,
  singleUse: (value) => typeof value === 'boolean',
  selfKeyed: (value) => typeof value === 'boolean',
  algorithms: isTexts,
  blockedAlgorithms: isTexts,
  issuer: isText,
  audience: isText,
}
