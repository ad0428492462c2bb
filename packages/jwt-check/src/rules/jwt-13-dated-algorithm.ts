import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** Names that say too little, and curves that few verifiers know. */
export const datedAlgorithm: Rule = {
  id: 'JWT-13',
  title: 'Polymorphic or unusual algorithm name',
  severity: 'info',
  source: 'RFC 9864 via bis §3.2; RFC 8812',
  why: '"EdDSA" does not say which curve, so an allow-list with it allows more than one scheme. secp256k1 is missing from Web Crypto and most key stores.',
  remedy: 'Write "Ed25519" instead of "EdDSA". Use ES256 instead of ES256K unless a ledger demands it.',
  check: (scene) =>
    eachHeader(scene, ({ alg }) => {
      if (alg === 'EdDSA') return [{ pointer: 'header.alg', reason: 'EdDSA is polymorphic and deprecated; Ed25519 names the curve.' }]
      return alg === 'ES256K'
        ? [{ pointer: 'header.alg', severity: 'warning', reason: 'ES256K (secp256k1) is not a usual choice for JWTs.' }]
        : []
    }),
}
