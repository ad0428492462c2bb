import type { Rule } from '../rule.ts'
import { eachEncrypted } from './each.ts'

/** Encryption to a public key says nothing about the sender. */
export const encryptedNotSigned: Rule = {
  id: 'JWT-34',
  title: 'Encrypted to a public key, but not signed',
  severity: 'error',
  source: 'bis §2.3, §3.3; CVE-2023-51774',
  why: 'Anybody can encrypt claims to a public key. A verifier that takes "it decrypts" for "it is genuine" believes them.',
  remedy:
    'Sign first, then encrypt the signed JWT with "cty": "JWT", and verify the inner signature. Refuse a JWE where a JWS is expected.',
  check: (scene) =>
    eachEncrypted(scene, ({ header }) => {
      const { alg, cty } = header
      const toPublicKey = typeof alg === 'string' && (alg.startsWith('RSA') || alg.startsWith('ECDH-ES'))
      const holdsJwt = typeof cty === 'string' && /jwt$/i.test(cty)
      return toPublicKey && !holdsJwt
        ? [{ pointer: 'header.cty', reason: `${alg} without cty "JWT": no signed JWT is announced inside.` }]
        : []
    }),
}
