import type { Jwk } from '../jose/keys.ts'
import type { Profile } from '../profile.ts'

/** What `probe` needs to know. Everything but the valid JWT has a default; the more is given, the more attacks are possible. */
export type ProbeOptions = {
  /** A valid JWT, or a function that makes a fresh one, which verifiers of single-use JWTs need. */
  readonly jwt: string | (() => string | Promise<string>)
  /** The verifier's public keys: for key confusion and encryption attacks. */
  readonly publicKeys?: readonly Jwk[]
  /** Private keys or secrets of a test issuer that the verifier trusts: for expired, misaddressed and other signed variants. */
  readonly signingKeys?: readonly Jwk[]
  readonly profile?: Profile
  /** Rules to probe; all by default. */
  readonly only?: ReadonlySet<string>
  readonly ignore?: ReadonlySet<string>
  /** Milliseconds per request; 5000 by default. */
  readonly timeoutMs?: number
  /** `Name: value` with `{jwt}`; `Authorization: Bearer {jwt}` by default. For URLs. */
  readonly header?: string
  /** Allows a URL that is not on this machine. Attack only what is yours. */
  readonly iOwnThisHost?: boolean
  /** Seconds since 1970; the system clock by default, since the verifier under test uses it too. */
  readonly now?: () => number
}
