import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** A header that brings its own key. */
export const keyInHeader: Rule = {
  id: 'JWT-29',
  title: 'Header carries its own key (jwk, x5c)',
  severity: 'error',
  source: 'bis §3.10; ASVS 9.1.3; CVE-2018-0114',
  why: 'A verifier that trusts the key in the header accepts whatever anybody signs with a key of their own.',
  remedy: 'Leave "jwk" and "x5c" out, and verify with configured keys. Only proofs of possession (dpop+jwt, dbsc+jwt) carry their key.',
  check: (scene) =>
    eachHeader(scene, (header, { profile }) =>
      profile.selfKeyed
        ? []
        : ['jwk', 'x5c']
            .filter((name) => header[name] !== undefined)
            .map((name) => ({ pointer: `header.${name}`, reason: `${name} is present in a JWT that is no proof of possession.` })),
    ),
}
