import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** RSA with PKCS#1 v1.5: broken in practice for encryption, second choice for signatures. */
export const legacyRsa: Rule = {
  id: 'JWT-12',
  title: 'RSA with PKCS#1 v1.5',
  severity: 'error',
  source: 'bis §3.2; draft-ietf-jose-deprecate-none-rsa15',
  why: 'RSA1_5 decryption answers differently for good and bad padding often enough that messages can be read through it. For signatures PSS and elliptic curves have the better proofs.',
  remedy: 'Encrypt with RSA-OAEP-256 or ECDH-ES. Sign new systems with ES256, Ed25519 or PS256.',
  check: (scene) =>
    eachHeader(scene, ({ alg }) => {
      if (alg === 'RSA1_5') return [{ pointer: 'header.alg', reason: 'RSA1_5 is open to padding oracles.' }]
      return alg === 'RS256' || alg === 'RS384' || alg === 'RS512'
        ? [{ pointer: 'header.alg', severity: 'info', reason: `${alg} is sound, but PS256, ES256 or Ed25519 are preferred.` }]
        : []
    }),
}
