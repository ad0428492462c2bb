import { toBigInt } from '../encoding/bytes.ts'
import { type Jwk, keyBytes } from '../jose/keys.ts'
import type { Rule } from '../rule.ts'
import { eachKey, type Note } from './each.ts'

/** RSA keys: long enough modulus, sound exponent. */
export const rsaSize: Rule = {
  id: 'JWT-08',
  title: 'Weak RSA modulus or exponent',
  severity: 'error',
  source: 'RFC 7518 §3.3, §3.5; ASVS 11.2.3',
  why: 'Moduli under 2048 bits can be factored by a determined attacker; an exponent of 1 or an even one is no RSA at all.',
  remedy: 'Generate RSA keys of 3072 bits with e = 65537, or move to ES256 or Ed25519.',
  check: (scene) => eachKey(scene, (jwk) => (jwk['kty'] === 'RSA' ? [...modulus(jwk), ...exponent(jwk)] : [])),
}

function modulus(jwk: Jwk): readonly Note[] {
  const n = toBigInt(keyBytes(jwk, 'n') ?? new Uint8Array(0))
  const bits = n === 0n ? 0 : n.toString(2).length
  if (bits < 2048) return [{ pointer: 'n', reason: `The modulus has ${bits} bits; 2048 is the minimum.` }]
  return bits < 3072 ? [{ pointer: 'n', severity: 'info', reason: `The modulus has ${bits} bits; 128-bit security takes 3072.` }] : []
}

function exponent(jwk: Jwk): readonly Note[] {
  const e = toBigInt(keyBytes(jwk, 'e') ?? new Uint8Array(0))
  if (e <= 1n || e % 2n === 0n) return [{ pointer: 'e', reason: `The exponent ${e} is not odd and greater than 1.` }]
  return e === 3n
    ? [{ pointer: 'e', severity: 'warning', reason: 'The exponent is 3: sloppy padding checks become forgeries. Use 65537.' }]
    : []
}
