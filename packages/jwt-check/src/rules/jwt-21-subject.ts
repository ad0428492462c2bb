import type { Rule } from '../rule.ts'
import { eachClaims } from './each.ts'

// Claims that only a person's login produces (OIDC Core §2, §5.1).
const marksOfAUser = ['auth_time', 'acr', 'amr', 'nonce', 'email', 'name', 'preferred_username', 'given_name', 'family_name', 'sid']

/** Who is it about: a subject, and not the client in the place of a user. */
export const subject: Rule = {
  id: 'JWT-21',
  title: 'Subject missing or equal to the client',
  severity: 'warning',
  source: 'bis §3.8; RFC 9700 §4.15',
  why: 'Where clients may choose their identifier, a client named like a user gets what that user may do.',
  remedy: 'Always set "sub", keep client identifiers and user identifiers in separate name spaces, and mark the grant type in the JWT.',
  check: (scene) =>
    eachClaims(scene, (claims, { profile }) => {
      const { sub } = claims
      if (sub === undefined)
        return profile.requires.includes('sub') || profile.name === 'any' ? [{ pointer: 'claims.sub', reason: 'sub is missing.' }] : []
      if (typeof sub !== 'string' || sub === '') return [{ pointer: 'claims.sub', reason: 'sub is not a non-empty string.' }]
      const client = claims['client_id'] ?? claims['azp']
      const mark = marksOfAUser.find((name) => claims[name] !== undefined)
      return sub === client && mark !== undefined
        ? [{ pointer: 'claims.sub', reason: `sub is the client's identifier, yet "${mark}" speaks of a user.` }]
        : []
    }),
}
