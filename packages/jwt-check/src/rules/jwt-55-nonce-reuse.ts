import { base64url } from '../encoding/base64url.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import type { Rule } from '../rule.ts'

/** Two ECDSA signatures with the same r give the private key away. */
export const nonceReuse: Rule = {
  id: 'JWT-55',
  title: 'ECDSA nonce used twice',
  severity: 'error',
  source: 'bis §3.2; RFC 6979',
  why: 'Equal "r" in two signatures by one key means an equal nonce; two lines of algebra then yield the private key.',
  remedy: 'Replace the key at once, and sign with deterministic ECDSA (RFC 6979) or with Ed25519.',
  check: (scene) => {
    const seen = new Map<string, { readonly label: string; readonly input: string }>()
    return scene.subjects.flatMap(({ label, jwt }) => {
      const algorithm = jwt.kind === 'signed' ? signatureAlgorithm(jwt.header['alg']) : undefined
      if (jwt.kind !== 'signed' || algorithm?.kind !== 'ec' || jwt.signature.length !== algorithm.signatureBytes) return []
      const r = `${algorithm.alg} ${base64url(jwt.signature.subarray(0, jwt.signature.length / 2))}`
      const first = seen.get(r)
      seen.set(r, first ?? { label, input: jwt.signingInput })
      // The same JWT twice in the input is no reuse.
      if (first === undefined || first.input === jwt.signingInput) return []
      return [{ at: label, pointer: 'signature', reason: `r equals that of ${first.label}: the private key can be computed.` }]
    })
  },
}
