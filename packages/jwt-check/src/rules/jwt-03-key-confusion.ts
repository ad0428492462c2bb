import { sameBytes, utf8 } from '../encoding/bytes.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import type { SignedJwt } from '../jose/jwt.ts'
import { publicKeySpellings } from '../jose/key-spellings.ts'
import type { Jwk } from '../jose/keys.ts'
import { hmac } from '../jose/sign.ts'
import type { Rule } from '../rule.ts'
import { eachSignedSlowly } from './each.ts'

/** An HMAC whose secret is a public key: the mark of an algorithm confusion attack. */
export const keyConfusion: Rule = {
  id: 'JWT-03',
  title: 'HMAC made with a public key (algorithm confusion)',
  severity: 'error',
  source: 'bis §2.1, §3.1; ASVS 9.1.2',
  why: 'A verifier that feeds its RSA or EC public key to HMAC because the header says HS256 accepts JWTs from anybody who has read that public key.',
  remedy: 'Bind every key to one algorithm. Where the key is asymmetric, allow asymmetric algorithms only. Treat this JWT as an attack.',
  check: (scene) => {
    const keys = scene.keySets.flatMap((set) => set.keys).filter((jwk) => jwk['kty'] !== 'oct')
    return eachSignedSlowly(scene, async (jwt) => {
      const spelling = await matchingSpelling(jwt, keys)
      if (spelling === undefined) return []
      return [{ pointer: 'signature', reason: `The HMAC secret is a public key from the key set, spelled as ${spelling}.` }]
    })
  },
}

async function matchingSpelling(jwt: SignedJwt, keys: readonly Jwk[]): Promise<string | undefined> {
  const algorithm = signatureAlgorithm(jwt.header['alg'])
  if (algorithm?.kind !== 'hmac' || algorithm.hash === 0) return undefined
  for (const jwk of keys) {
    for (const { name, bytes } of await publicKeySpellings(jwk)) {
      if (sameBytes(await hmac(algorithm.hash, bytes, utf8(jwt.signingInput)), jwt.signature)) return name
    }
  }
  return undefined
}
