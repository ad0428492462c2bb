import type { Policy } from './policy.ts'

/** Where signature directories lie (draft-meunier-http-message-signatures-directory). */
export const KEY_DIRECTORY = '/.well-known/http-message-signatures-directory'

/** Where the keys of the gateway's JWTs lie, as a JWK Set (RFC 7517 §5). */
export const JWKS = '/.well-known/jwks.json'

/** Addresses outside `basePath` that are the gateway's own because standards fix them, while the configuration gives it something to say there. */
export function isWellKnown(path: string, policy: Policy): boolean {
  return (path === KEY_DIRECTORY && policy.signingKeys.length > 0) || (path === JWKS && policy.assertionKeys.length > 0)
}
