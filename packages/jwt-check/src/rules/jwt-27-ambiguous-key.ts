import { signatureAlgorithm } from '../jose/algorithms.ts'
import { fits } from '../jose/verify.ts'
import type { KeySet } from '../jose/keys.ts'
import type { Remark, Rule } from '../rule.ts'
import { eachSigned } from './each.ts'

/** One `kid`, one key. */
export const ambiguousKey: Rule = {
  id: 'JWT-27',
  title: 'Key cannot be chosen by its identifier',
  severity: 'warning',
  source: 'RFC 7517 §4.5; bis §3.1',
  why: 'A verifier that must try keys one after another accepts a signature by any of them, under any purpose.',
  remedy: 'Give each key a unique "kid", name it in every JWT, and verify with that key alone.',
  check: (scene) => [
    ...scene.keySets.flatMap(identifiers),
    ...eachSigned(scene, ({ header }) => {
      const algorithm = signatureAlgorithm(header['alg'])
      if (algorithm === undefined || header['kid'] !== undefined) return []
      const candidates = scene.keySets.flatMap((set) => set.keys).filter((jwk) => fits(algorithm, jwk))
      return candidates.length > 1
        ? [{ pointer: 'header.kid', reason: `kid is missing and ${candidates.length} keys fit: all would be tried.` }]
        : []
    }),
  ],
}

function identifiers(set: KeySet): readonly Remark[] {
  const seen = new Map<unknown, number>()
  return set.keys.flatMap((jwk, index) => {
    const kid = jwk['kid']
    const pointer = `keys[${index}].kid`
    if (kid === undefined)
      return set.keys.length > 1 ? [{ at: set.label, pointer, reason: 'The key has no kid although the set holds several keys.' }] : []
    const first = seen.get(kid)
    seen.set(kid, first ?? index)
    return first === undefined ? [] : [{ at: set.label, pointer, reason: `The kid repeats that of keys[${first}].` }]
  })
}
