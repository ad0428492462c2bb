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
  /** What is shown to an API that asks for a client certificate: certificates and private key, one PEM text. Never placed on a request. */
  | { readonly is: 'client-certificate' }
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
    case 'client-certificate':
      return { is: 'client-certificate' }
    case 'signing-key':
      return 'algorithm' in value && isAlgorithm(value.algorithm) ? { is: 'signing-key', algorithm: value.algorithm } : null
    default:
      return null
  }
}

/** Does it go on requests, as it is or as what is made of it? */
export function isPlaced({ is }: Pick<CredentialKind, 'is'>): boolean {
  return is !== 'signing-key' && is !== 'client-certificate'
}

/** Is the value a certificate with its private key? */
export function isCertified(kind: CredentialKind): boolean {
  return kind.is === 'client-certificate' || (kind.is === 'oauth' && kind.client.authentication === 'tls_client_auth')
}

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256']

/** Below ten seconds two machines' clocks are too far apart; above a day nothing much changes. */
export function isWindow(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 10 && Number(value) <= 86_400
}

function isAlgorithm(value: unknown): value is SigningAlgorithm {
  return SIGNING_ALGORITHMS.some((algorithm) => algorithm === value)
}
