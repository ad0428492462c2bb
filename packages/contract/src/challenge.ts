/** A proof of work, in the words of ALTCHA: find the counter for which the derived key begins with `keyPrefix`. Part of a `challenge_required` problem. */
export interface ChallengeView {
  readonly parameters: ChallengeParameters
  /** Of the parameters; sent back as it came. */
  readonly signature: string
  /** Where to POST `{ "solution": … }`. */
  readonly clearAt: string
  readonly difficulty: 'easy' | 'medium' | 'hard'
  /** ISO 8601; from then on it clears nothing. */
  readonly expiresAt: string
}

export interface ChallengeParameters {
  /** Always `PBKDF2/SHA-256`. */
  readonly algorithm: string
  /** Hex: the password of each try is these bytes and the counter as four bytes, big-endian. */
  readonly nonce: string
  /** Hex. */
  readonly salt: string
  /** Rounds of one try. */
  readonly cost: number
  /** Bytes. */
  readonly keyLength: number
  /** Hex. */
  readonly keyPrefix: string
}
