import type { Rule } from '../rule.ts'
import { eachClaims } from './each.ts'

/** From birth to expiry: minutes for proofs, an hour for tokens. */
export const lifetime: Rule = {
  id: 'JWT-17',
  title: 'Lifetime too long',
  severity: 'warning',
  source: 'RFC 9700 §2.2; ASVS 10.5.5; RFC 9449 §11.1',
  why: 'A stolen JWT works until it expires; its lifetime is the size of the damage.',
  remedy: 'Issue access and ID tokens for 5 to 60 minutes and proofs for seconds; renew with a refresh token that can be revoked.',
  check: (scene) =>
    eachClaims(scene, ({ exp, iat, nbf }, { profile }) => {
      const start = typeof iat === 'number' ? iat : nbf
      if (typeof exp !== 'number' || typeof start !== 'number') return []
      const seconds = exp - start
      const { warning, error = Number.POSITIVE_INFINITY } = profile.lifetime
      if (seconds <= warning) return []
      const reason = `The JWT lives ${span(seconds)}; ${profile.name} should not exceed ${span(warning)}.`
      return [{ pointer: 'claims.exp', severity: seconds > error ? 'error' : 'warning', reason }]
    }),
}

function span(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${Math.round(seconds / 86_400)} days`
  return seconds >= 2 * 3600 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 60)} minutes`
}
