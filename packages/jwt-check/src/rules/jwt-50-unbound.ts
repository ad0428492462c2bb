import { isJsonObject, type JsonObject } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachClaims } from './each.ts'
import { isBroad, scopesOf } from './jwt-49-scope.ts'
import { kindOf } from './kinds.ts'

/** Seconds of life from which on an access token deserves to be bound to a key. */
const longLived = 15 * 60

/** An access token that works for whoever holds it. */
export const unbound: Rule = {
  id: 'JWT-50',
  title: 'Powerful access token without sender constraint',
  severity: 'info',
  source: 'RFC 9700 §2.2.1; ASVS 10.3.5',
  why: 'A plain bearer token works for the thief as for the owner. Bound to a key, it is useless without that key.',
  remedy: 'Bind the token with DPoP ("cnf.jkt") or mutual TLS ("cnf.x5t#S256"), or shorten its life and scope.',
  check: (scene) =>
    eachClaims(scene, (claims, { profile }) => {
      if (profile.name !== 'access-token' && kindOf(claims) !== 'access-token') return []
      if (isBound(claims)) return []
      const { exp, iat } = claims
      const seconds = typeof exp === 'number' && typeof iat === 'number' ? exp - iat : 0
      if (seconds > longLived)
        return [{ pointer: 'claims.cnf', reason: `The token lives ${Math.round(seconds / 60)} minutes and is bound to no key.` }]
      const broad = scopesOf(claims)?.find(isBroad)
      return broad === undefined ? [] : [{ pointer: 'claims.cnf', reason: `The token has scope "${broad}" and is bound to no key.` }]
    }),
}

/** True when `cnf` names a key in one of the ways that a resource server can check. */
export function isBound(claims: JsonObject): boolean {
  const { cnf } = claims
  return isJsonObject(cnf) && ['jkt', 'x5t#S256', 'jwk', 'kid'].some((name) => cnf[name] !== undefined)
}
