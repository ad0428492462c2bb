import type { Rule } from '../rule.ts'
import { eachClaims } from './each.ts'

/** Every JWT must end some day. */
export const noExpiry: Rule = {
  id: 'JWT-15',
  title: 'No expiry',
  severity: 'error',
  source: 'RFC 9068 §2.2; ASVS 9.2.1 (RFC 7519 §4.1.4 leaves exp optional; the profiles do not)',
  why: 'A JWT without "exp" that leaks once stays good for ever: nothing but a change of key ends it.',
  remedy: 'Set "exp" to minutes after "iat", and have the verifier refuse JWTs without it.',
  check: (scene) =>
    eachClaims(scene, (claims, { profile }) =>
      claims['exp'] === undefined && profile.requires.includes('exp')
        ? [{ pointer: 'claims.exp', reason: `exp is missing; the profile ${profile.name} demands it.` }]
        : [],
    ),
}
