import { isHmac, signatureAlgorithm } from '../jose/algorithms.ts'
import type { Rule } from '../rule.ts'
import type { KeySet } from '../jose/keys.ts'
import { eachHeader } from './each.ts'

/** One verifier should not take symmetric and asymmetric signatures side by side. */
export const mixedAlgorithms: Rule = {
  id: 'JWT-05',
  title: 'Symmetric and asymmetric algorithms accepted together',
  severity: 'warning',
  source: 'ASVS 9.1.2',
  why: 'The mixture is what key confusion needs: as soon as HS256 and RS256 share a verifier, a public key may be taken for a secret.',
  remedy: 'Split the verifier in two, or keep one family. Keep secrets out of the set that holds public keys.',
  check: (scene) => [
    ...eachHeader(scene, (_, { profile }) =>
      isMixed(profile.algorithms ?? [])
        ? [{ pointer: 'profile.algorithms', reason: `The allow-list mixes both families: ${profile.algorithms?.join(', ')}.` }]
        : [],
    ),
    ...scene.keySets
      .filter(holdsBoth)
      .map((set) => ({ at: set.label, pointer: 'keys', reason: 'The set holds secrets (oct) beside public keys.' })),
  ],
}

function isMixed(names: readonly string[]): boolean {
  return names.some(isHmac) && names.some((name) => signatureAlgorithm(name) !== undefined && !isHmac(name))
}

function holdsBoth(set: KeySet): boolean {
  return set.keys.some((jwk) => jwk['kty'] === 'oct') && set.keys.some((jwk) => jwk['kty'] !== 'oct')
}
