import type { Jwt } from './jose/jwt.ts'
import type { KeySet } from './jose/keys.ts'
import type { Profile } from './profile.ts'

/** Everything that the rules look at: all inputs of one run, read and frozen, with the clock as a value. */
export type Scene = {
  readonly subjects: readonly Subject[]
  readonly keySets: readonly KeySet[]
  readonly sightings: readonly Sighting[]
  readonly exchanges: readonly Exchange[]
  /** Seconds since 1970, as NumericDate (RFC 7519 §2). */
  readonly now: number
  readonly guessing: Guessing
  readonly dpop?: DpopContext
}

/** One JWT under examination, with the profile that it is held to. Inner JWTs of nested ones are subjects of their own. */
export type Subject = { readonly label: string; readonly jwt: Jwt; readonly profile: Profile; readonly length: number }

/** A place outside an Authorization header where a JWT was found. */
export type Sighting = {
  readonly label: string
  readonly place:
    | 'url-query'
    | 'url-fragment'
    | 'local-storage'
    | 'session-storage'
    | 'indexed-db'
    | 'readable-cookie'
    | 'html'
    | 'script'
    | 'log'
  /** Where in the file: an entry number, a line, a storage key. Never the JWT. */
  readonly where: string
}

/** One request that carried a JWT to a verifier, and the answer: recorded by a HAR or by the probe. */
export type Exchange = {
  readonly label: string
  /** What was presented, when known to be a JWT that could be read. */
  readonly jwt?: Jwt
  readonly scheme: 'Bearer' | 'DPoP' | 'other'
  /** True when a DPoP proof or a client certificate came along. */
  readonly proved: boolean
  /** What was wrong with the JWT: filled in by the probe, which forged it. */
  readonly flaw: 'none' | 'signature' | 'claims' | 'unknown'
  readonly status: number
  readonly body: string
}

/** Bounds of offline key guessing. `tries: 0` turns it off. */
export type Guessing = { readonly tries: number; readonly milliseconds: number; readonly hints: readonly string[] }

/** What a DPoP proof belongs to; parts that are unknown are not compared (RFC 9449 §4.3). */
export type DpopContext = { readonly method?: string; readonly url?: string; readonly accessToken?: string }
