import { toBigInt } from '../encoding/bytes.ts'
import { keyBytes } from '../jose/keys.ts'
import { fermatFactor, hasRocaFingerprint, sharedFactor } from '../jose/rsa-weakness.ts'
import type { Remark, Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachKey } from './each.ts'

/** A modulus longer than this is not examined, so that a hostile key cannot buy minutes of arithmetic. */
const maxBytes = 2048

/** RSA moduli that can be factored although they are long. */
export const weakRsa: Rule = {
  id: 'JWT-09',
  title: 'RSA key with a known weakness',
  severity: 'error',
  source: 'ASVS 11.6.1; CVE-2017-15361 (ROCA)',
  why: 'Primes that lie close together, come from a broken generator or are shared with another key let anybody compute the private key.',
  remedy: 'Discard the key, generate a new one with a maintained library on a machine with good randomness, and rotate.',
  check: (scene) => [
    ...eachKey(scene, (jwk) => {
      const n = toBigInt(keyBytes(jwk, 'n') ?? new Uint8Array(0))
      if (jwk['kty'] !== 'RSA' || n <= 3n || n >> BigInt(maxBytes * 8) > 0n) return []
      if (fermatFactor(n) !== undefined)
        return [{ pointer: 'n', reason: 'The two primes are so close that the modulus was factored here.' }]
      return hasRocaFingerprint(n) ? [{ pointer: 'n', reason: 'The modulus bears the fingerprint of the ROCA generator.' }] : []
    }),
    ...shared(scene),
  ],
}

function shared(scene: Scene): readonly Remark[] {
  const keys = scene.keySets
    .flatMap((set) => set.keys.map((jwk, index) => ({ at: set.label, index, n: toBigInt(keyBytes(jwk, 'n') ?? new Uint8Array(0)) })))
    .filter(({ n }) => n > 1n && n >> BigInt(maxBytes * 8) === 0n)
    .slice(0, 200)
  return keys.flatMap((a, i) =>
    keys
      .slice(i + 1)
      .filter((b) => sharedFactor(a.n, b.n))
      .map((b) => ({ at: a.at, pointer: `keys[${a.index}].n`, reason: `The modulus shares a prime with keys[${b.index}] of ${b.at}.` })),
  )
}
