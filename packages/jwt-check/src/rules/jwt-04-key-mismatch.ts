import { shown } from '../encoding/json.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import { headerOf, type SignedJwt } from '../jose/jwt.ts'
import type { Jwk, KeySet } from '../jose/keys.ts'
import { embeddedKey, fits } from '../jose/verify.ts'
import type { Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachSigned, type Note } from './each.ts'

/** Header and key must agree on algorithm, type, curve and purpose. */
export const keyMismatch: Rule = {
  id: 'JWT-04',
  title: 'Header and key disagree on the algorithm',
  severity: 'error',
  source: 'bis §3.1; RFC 7517 §4.1-4.4',
  why: 'One key, one algorithm: a key used under a second algorithm is how confusion attacks start, and some algorithm pairs weaken each other.',
  remedy: 'Give every JWK an "alg" and a "use", select it by "kid", and refuse the JWT when its header names another algorithm.',
  check: (scene) => eachSigned(scene, (jwt) => keysFor(jwt, scene).flatMap((jwk) => disagreements(jwt, jwk))),
}

function keysFor(jwt: SignedJwt, scene: Scene): readonly Jwk[] {
  const own = embeddedKey(jwt)
  const kid = headerOf(jwt)?.['kid']
  return [...(own === undefined ? [] : [own]), ...scene.keySets.flatMap((set) => candidates(set, kid))]
}

function candidates(set: KeySet, kid: unknown): readonly Jwk[] {
  if (typeof kid === 'string') return set.keys.filter((jwk) => jwk['kid'] === kid)
  return set.keys.length === 1 ? set.keys : []
}

function disagreements(jwt: SignedJwt, jwk: Jwk): readonly Note[] {
  const alg = jwt.header['alg']
  const algorithm = signatureAlgorithm(alg)
  if (algorithm === undefined) return []
  const notes: Note[] = []
  const { kty, crv, use, key_ops: operations } = jwk
  if (!fits(algorithm, jwk))
    notes.push({
      pointer: 'header.alg',
      reason: `${algorithm.alg} cannot use a key of kty "${shown(kty)}"${crv === undefined ? '' : `, crv "${shown(crv)}"`}.`,
    })
  if (jwk['alg'] !== undefined && jwk['alg'] !== alg)
    notes.push({ pointer: 'header.alg', reason: `The key is for ${shown(jwk['alg'])}, the header says ${algorithm.alg}.` })
  if (use !== undefined && use !== 'sig') notes.push({ pointer: 'key.use', reason: `The key is for "${shown(use)}", not for signatures.` })
  if (Array.isArray(operations) && !operations.some((name) => name === 'verify' || name === 'sign')) {
    notes.push({ pointer: 'key.key_ops', reason: 'key_ops allows neither verify nor sign.' })
  }
  return notes
}
