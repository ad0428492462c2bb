import type { Rule } from '../rule.ts'
import { eachClaims, type Note } from './each.ts'

/** The clock difference in seconds that a verifier may forgive. */
const maxSkew = 60

/** Past its expiry, or a profile that forgives too much. */
export const expired: Rule = {
  id: 'JWT-16',
  title: 'Expired, or too much leeway',
  severity: 'error',
  source: 'ASVS 9.2.1; RFC 7519 §4.1.4',
  why: 'Expiry is the only end that a stateless JWT has. A verifier that forgives minutes gives a thief these minutes.',
  remedy: 'Refuse JWTs after "exp" with at most 60 seconds of leeway, and keep the clocks of your machines in step.',
  check: (scene) =>
    eachClaims(scene, ({ exp }, { profile }) => {
      const notes: Note[] = []
      if (profile.skew > maxSkew)
        notes.push({ pointer: 'profile.skew', reason: `The profile forgives ${profile.skew} s; ${maxSkew} s are enough.` })
      if (typeof exp === 'number' && exp + Math.min(profile.skew, maxSkew) < scene.now) {
        notes.push({ pointer: 'claims.exp', reason: `The JWT expired ${Math.round(scene.now - exp)} s ago.` })
      }
      return notes
    }),
}
