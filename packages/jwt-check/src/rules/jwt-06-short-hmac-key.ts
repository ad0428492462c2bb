import { signatureAlgorithm } from '../jose/algorithms.ts'
import { type Jwk, keyBytes } from '../jose/keys.ts'
import type { Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachKey } from './each.ts'

/** An HMAC key must be at least as long as the hash. */
export const shortHmacKey: Rule = {
  id: 'JWT-06',
  title: 'HMAC key shorter than its hash',
  severity: 'error',
  source: 'RFC 7518 §3.2; bis §3.5',
  why: 'A short key can be searched offline by whoever has seen a single JWT.',
  remedy: 'Generate 32 random bytes for HS256, 48 for HS384, 64 for HS512, from a cryptographic source.',
  check: (scene) =>
    eachKey(scene, (jwk) => {
      if (jwk['kty'] !== 'oct') return []
      const length = keyBytes(jwk, 'k')?.length ?? 0
      const needed = neededBytes(jwk, scene)
      return length < needed ? [{ pointer: 'k', reason: `The key has ${length} bytes; at least ${needed} are required.` }] : []
    }),
}

/** Bytes demanded by the key's own `alg`, else by the strongest HMAC header in the run, else by HS256. */
function neededBytes(jwk: Jwk, scene: Scene): number {
  const own = signatureAlgorithm(jwk['alg'])
  if (own !== undefined) return own.hash / 8
  const used = scene.subjects.flatMap(({ jwt }) => {
    const algorithm = jwt.kind === 'signed' ? signatureAlgorithm(jwt.header['alg']) : undefined
    return algorithm?.kind === 'hmac' ? [algorithm.hash / 8] : []
  })
  return Math.max(...used, used.length === 0 && jwk['alg'] === undefined ? 32 : 0)
}
