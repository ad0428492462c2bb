import { allZero } from '../encoding/bytes.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import type { Rule } from '../rule.ts'
import { eachSigned } from './each.ts'

/** ECDSA signatures are r and s, each of full width, neither zero. */
export const ecdsaShape: Rule = {
  id: 'JWT-11',
  title: 'Malformed ECDSA signature',
  severity: 'error',
  source: 'RFC 7518 §3.4; CVE-2022-21449',
  why: 'Zero for r and s satisfied every public key in some verifiers, and DER gives one signature many spellings.',
  remedy: 'Emit r || s of fixed width. Verifiers: check the length first, and refuse zero before any arithmetic.',
  check: (scene) =>
    eachSigned(scene, ({ header, signature }) => {
      const algorithm = signatureAlgorithm(header['alg'])
      if (algorithm?.kind !== 'ec' || signature.length === 0) return []
      const expected = algorithm.signatureBytes ?? 0
      const half = expected / 2
      if (signature.length !== expected) {
        const shape = signature[0] === 0x30 ? 'it looks like DER' : `${algorithm.alg} needs ${expected}`
        return [{ pointer: 'signature', reason: `The signature has ${signature.length} bytes: ${shape}.` }]
      }
      return allZero(signature.subarray(0, half)) || allZero(signature.subarray(half))
        ? [{ pointer: 'signature', reason: 'r or s is zero ("psychic signature").' }]
        : []
    }),
}
