import type { Jwk } from '../jose/keys.ts'
import type { SignedJwt } from '../jose/jwt.ts'
import type { JsonObject } from '../encoding/json.ts'
import type { Profile } from '../profile.ts'
import type { RuleId, Severity } from '../rule.ts'

/** One way to attack a verifier: forges JWTs that it must refuse. */
export type Attack = {
  readonly ruleId: RuleId
  /** Unique and stable, in words with hyphens: `none-in-any-case`. */
  readonly name: string
  /** The forgeries, or the reason why they cannot be made from what is known. */
  forge(material: Material): Promise<readonly Forgery[] | Skipped>
}

/** One forged JWT. Its acceptance is a finding. */
export type Forgery = {
  /** What is wrong with it, as the end of the sentence "The verifier accepted …". */
  readonly label: string
  readonly jwt: string
  /** Which of the verifier's checks should stop it; refusals of `signature` and `claims` are compared for JWT-46. */
  readonly flaw: 'signature' | 'claims' | 'form'
  readonly severity?: Severity
  /** Sent before, and expected to be accepted: the first use of a JWT that may be used once. */
  readonly before?: string
  /** Milliseconds above the usual that show that the verifier did the attacker's bidding. */
  readonly slowFrom?: number
  /** Path on the canary that a request to betrays the verifier. */
  readonly canaryPath?: string
}

export type Skipped = { readonly skipped: string }

/** What the owner gave, and what every attacker can make. */
export type Material = {
  /** A valid JWT; fresh for each attack when the caller can make more. */
  readonly valid: SignedJwt
  readonly claims: JsonObject
  /** The verifier's public keys. */
  readonly publicKeys: readonly Jwk[]
  /** Private keys or secrets of a test issuer that the verifier trusts. */
  readonly signingKeys: readonly Jwk[]
  /** An EC key pair of the attacker's own. */
  readonly attackerKey: Jwk
  /** An address under the attacker's control on this machine, which serves the attacker's keys and records visits. */
  readonly canary?: { readonly url: string }
  readonly profile: Profile
  /** Seconds since 1970. */
  readonly now: number
}
