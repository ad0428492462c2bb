import { publicJwk, type Jwk, type JwkSet } from './jwk.ts'

/** Where a gateway publishes its public keys (draft-meunier-http-message-signatures-directory). */
export const DIRECTORY_PATH = '/.well-known/http-message-signatures-directory'
export const DIRECTORY_MEDIA_TYPE = 'application/http-message-signatures-directory+json'

/** The set to publish: public members only. Throws on a shared secret, which has no public half. */
export function directoryOf(jwks: readonly Jwk[]): JwkSet {
  return {
    keys: jwks.map((jwk) => {
      const open = publicJwk(jwk)
      if (!open.ok) throw new TypeError(`Not for publication: ${open.detail}.`)
      return open.value
    }),
  }
}
