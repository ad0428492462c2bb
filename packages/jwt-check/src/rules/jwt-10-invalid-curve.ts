import { pointFault } from '../jose/curves.ts'
import type { Rule } from '../rule.ts'
import { eachKey } from './each.ts'

/** Public points must lie on the curve that they claim. */
export const invalidCurve: Rule = {
  id: 'JWT-10',
  title: 'Elliptic curve point is invalid',
  severity: 'error',
  source: 'bis §2.5, §3.4; RFC 7518 §6.2.1',
  why: 'Arithmetic with a point off the curve leaks the private key of the other side bit by bit (invalid curve attack).',
  remedy: 'Reject the key. Validate every point that arrives in a "jwk" or "epk" before it is used, or use X25519.',
  check: (scene) =>
    eachKey(scene, (jwk) => {
      if (jwk['kty'] !== 'EC' && jwk['kty'] !== 'OKP') return []
      const fault = pointFault(jwk)
      return fault === undefined ? [] : [{ pointer: 'x', reason: fault }]
    }),
}
