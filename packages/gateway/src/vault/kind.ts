import type { SigningAlgorithm } from '@cloakroom/signature'
import { type OAuthClient, readClient } from './oauth-client.ts'

/** What a sealed value is. Sealed with the value, as its origins are: a key that signs is never placed on a request, whatever a file says. */
export type CredentialKind =
  /** A text that goes on the request as it is. */
  | { readonly is: 'secret' }
  /** The root of a secret that changes with time (docs/signature.md): what goes on the request is derived from it, once a window. */
  | { readonly is: 'window'; readonly seconds: number }
  /** A client at an authorization server: what goes on the request is an access token that it was given there. The value is its client secret. */
  | { readonly is: 'oauth'; readonly client: OAuthClient }
  /** A private or shared key: PKCS #8 (DER), or the secret's bytes. */
  | { readonly is: 'signing-key'; readonly algorithm: SigningAlgorithm }

export const PLAIN_SECRET: CredentialKind = { is: 'secret' }

/** Null when this version of Cloakroom knows no such kind. */
export function readKind(value: unknown): CredentialKind | null {
  if (typeof value !== 'object' || value === null || !('is' in value)) return null
  switch (value.is) {
    case 'secret':
      return PLAIN_SECRET
    case 'window':
      return 'seconds' in value && isWindow(value.seconds) ? { is: 'window', seconds: value.seconds } : null
    case 'oauth': {
      const client = 'client' in value ? readClient(value.client) : null
      return client === null ? null : { is: 'oauth', client }
    }
    case 'signing-key':
      return 'algorithm' in value && isAlgorithm(value.algorithm) ? { is: 'signing-key', algorithm: value.algorithm } : null
    default:
      return null
  }
}

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256']

/** Below ten seconds two machines' clocks are too far apart; above a day nothing much changes. */
export function isWindow(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 10 && Number(value) <= 86_400
}

function isAlgorithm(value: unknown): value is SigningAlgorithm {
  return SIGNING_ALGORITHMS.some((algorithm) => algorithm === value)
}
