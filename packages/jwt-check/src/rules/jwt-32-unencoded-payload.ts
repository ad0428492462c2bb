import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** `b64: false` belongs to detached signatures, never to JWTs. */
export const unencodedPayload: Rule = {
  id: 'JWT-32',
  title: 'Unencoded payload (b64)',
  severity: 'error',
  source: 'RFC 7797 §6, §7',
  why: 'One verifier decodes the payload and another does not: they read different claims under the same signature.',
  remedy: 'Leave "b64" out of JWTs. Elsewhere list it in "crit", so that old verifiers refuse instead of misreading.',
  check: (scene) =>
    eachHeader(scene, ({ b64, crit }) => {
      if (b64 === undefined) return []
      if (b64 === false) return [{ pointer: 'header.b64', reason: 'b64 is false, which a JWT must not use.' }]
      const listed = Array.isArray(crit) && crit.includes('b64')
      return listed ? [] : [{ pointer: 'header.b64', reason: 'b64 is present but not listed in crit.' }]
    }),
}
