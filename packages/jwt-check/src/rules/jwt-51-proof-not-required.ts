import { claimsOf } from '../jose/jwt.ts'
import type { Rule } from '../rule.ts'
import { isBound } from './jwt-50-unbound.ts'

/** A bound token that is accepted without its proof is an unbound token. */
export const proofNotRequired: Rule = {
  id: 'JWT-51',
  title: 'Bound token accepted without proof',
  severity: 'error',
  source: 'RFC 9449 §7.1, §7.2; RFC 8705 §3',
  why: '"cnf" protects only where the resource server asks for the proof; accepted as plain Bearer the token is as good to a thief as ever.',
  remedy: 'When the token has "cnf", demand the DPoP proof or client certificate and compare the thumbprint; answer 401 otherwise.',
  check: (scene) =>
    scene.exchanges.flatMap(({ label, jwt, scheme, proved, status }) => {
      const claims = jwt === undefined ? undefined : claimsOf(jwt)
      if (claims === undefined || !isBound(claims) || proved || status < 200 || status >= 300) return []
      return [
        {
          at: label,
          pointer: 'request.headers.authorization',
          reason: `A token with cnf was accepted as ${scheme} without proof (${status}).`,
        },
      ]
    }),
}
