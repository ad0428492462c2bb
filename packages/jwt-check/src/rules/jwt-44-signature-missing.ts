import { signatureAlgorithm } from '../jose/algorithms.ts'
import type { SignedJwt } from '../jose/jwt.ts'
import { keyBytes } from '../jose/keys.ts'
import type { Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachSigned } from './each.ts'

/** Smallest RSA signature in bytes that a key of 2048 bits makes. */
const shortestRsa = 256

/** The signature is there, and whole. */
export const signatureMissing: Rule = {
  id: 'JWT-44',
  title: 'Signature missing or cut off',
  severity: 'error',
  source: 'bis §3.3; ASVS 9.1.1',
  why: 'A verifier that compares only the bytes that arrived, or skips an empty signature, accepts any claims.',
  remedy: 'Verify every JWT before reading a claim. Refuse signatures that are empty or shorter than the algorithm demands.',
  check: (scene) =>
    eachSigned(scene, (jwt) => {
      const { alg } = jwt.header
      if (typeof alg === 'string' && alg.trim().toLowerCase() === 'none') return []
      if (jwt.signature.length === 0) return [{ pointer: 'signature', reason: 'The signature is empty.' }]
      const expected = expectedBytes(jwt, scene)
      return jwt.signature.length < expected
        ? [{ pointer: 'signature', reason: `The signature has ${jwt.signature.length} bytes; ${expected} are expected.` }]
        : []
    }),
}

function expectedBytes(jwt: SignedJwt, scene: Scene): number {
  const algorithm = signatureAlgorithm(jwt.header['alg'])
  // ECDSA lengths are the business of JWT-11, which also knows DER.
  if (algorithm === undefined || algorithm.kind === 'ec') return 0
  if (algorithm.kind !== 'rsa') return algorithm.signatureBytes ?? 0
  const moduli = scene.keySets.flatMap((set) => set.keys).flatMap((jwk) => keyBytes(jwk, 'n')?.length ?? [])
  return moduli.length === 0 ? shortestRsa : Math.min(...moduli)
}
