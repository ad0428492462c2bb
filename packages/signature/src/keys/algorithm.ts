/** Algorithms this package signs with (RFC 9421 §3.3). No RSA: keys and signatures are large and the profile has no need of it. */
export type SigningAlgorithm = 'ed25519' | 'ecdsa-p256-sha256' | 'hmac-sha256'

/** RSA-PSS is read by the core alone, so that foreign signatures can be checked; the profile refuses it. */
export type VerifyingAlgorithm = SigningAlgorithm | 'rsa-pss-sha512'

/** An algorithm the way Web Crypto wants it: to import a key, and to use it. */
export interface CryptoRecipe {
  readonly importing: { readonly name: string; readonly namedCurve?: string; readonly hash?: string }
  readonly using: { readonly name: string; readonly hash?: string; readonly saltLength?: number }
}

export const RECIPES: Readonly<Record<VerifyingAlgorithm, CryptoRecipe>> = {
  ed25519: { importing: { name: 'Ed25519' }, using: { name: 'Ed25519' } },
  // Web Crypto writes r and s side by side, 64 bytes, as RFC 9421 §3.3.4 has it.
  'ecdsa-p256-sha256': { importing: { name: 'ECDSA', namedCurve: 'P-256' }, using: { name: 'ECDSA', hash: 'SHA-256' } },
  'hmac-sha256': { importing: { name: 'HMAC', hash: 'SHA-256' }, using: { name: 'HMAC' } },
  // RFC 9421 §3.3.1: a salt of 64 bytes.
  'rsa-pss-sha512': { importing: { name: 'RSA-PSS', hash: 'SHA-512' }, using: { name: 'RSA-PSS', saltLength: 64 } },
}

const PROFILE: readonly VerifyingAlgorithm[] = ['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256']

export function isSigningAlgorithm(algorithm: string): algorithm is SigningAlgorithm {
  return PROFILE.some((each) => each === algorithm)
}
