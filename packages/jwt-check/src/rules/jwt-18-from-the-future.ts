import type { Rule } from '../rule.ts'
import { eachClaims, type Note } from './each.ts'

/** Not valid yet, or of unknown age. */
export const fromTheFuture: Rule = {
  id: 'JWT-18',
  title: 'Issued in the future, or of unknown age',
  severity: 'error',
  source: 'RFC 7519 §4.1.5, §4.1.6; ASVS 9.2.1',
  why: 'A JWT dated ahead outlives its intended lifetime, and one without "iat" cannot be refused for its age.',
  remedy: 'Set "iat" at issue time, honour "nbf", and refuse dates that lie ahead by more than the leeway.',
  check: (scene) =>
    eachClaims(scene, (claims, { profile }) => {
      const ahead = (['nbf', 'iat'] as const).flatMap((name): readonly Note[] => {
        const value = claims[name]
        if (typeof value !== 'number' || value <= scene.now + profile.skew) return []
        return [{ pointer: `claims.${name}`, reason: `${name} lies ${Math.round(value - scene.now)} s in the future.` }]
      })
      // DBSC proofs are dated by their challenge and need no iat.
      if (claims['iat'] !== undefined || profile.name === 'dbsc') return ahead
      return [...ahead, { pointer: 'claims.iat', severity: 'warning', reason: 'iat is missing: the age of the JWT is unknown.' }]
    }),
}
