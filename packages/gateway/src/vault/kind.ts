import type { SigningAlgorithm } from '@cloakroom/signature'

/** What a sealed value is. Sealed with the value, as its origins are: a key that signs is never placed on a request, whatever a file says. */
export type CredentialKind =
  /** A text that goes on the request as it is. */
  | { readonly is: 'secret' }
  /** A private or shared key: PKCS #8 (DER), or the secret's bytes. */
  | { readonly is: 'signing-key'; readonly algorithm: SigningAlgorithm }

export const PLAIN_SECRET: CredentialKind = { is: 'secret' }

/** Null when this version of Cloakroom knows no such kind. */
export function readKind(value: unknown): CredentialKind | null {
  if (typeof value !== 'object' || value === null || !('is' in value)) return null
  switch (value.is) {
    case 'secret':
      return PLAIN_SECRET
    case 'signing-key':
      return 'algorithm' in value && isAlgorithm(value.algorithm) ? { is: 'signing-key', algorithm: value.algorithm } : null
    default:
      return null
  }
}

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256']

function isAlgorithm(value: unknown): value is SigningAlgorithm {
  return SIGNING_ALGORITHMS.some((algorithm) => algorithm === value)
}
