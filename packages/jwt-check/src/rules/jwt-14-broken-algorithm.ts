import { keyManagementNames, signatureAlgorithmNames } from '../jose/algorithms.ts'
import type { JsonObject } from '../encoding/json.ts'
import type { KeySet } from '../jose/keys.ts'
import type { Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachHeader, type Note } from './each.ts'

/** Algorithms on broken hashes, unknown ones, and direct encryption under a key with a second job. */
export const brokenAlgorithm: Rule = {
  id: 'JWT-14',
  title: 'Broken or unknown algorithm, or a shared "dir" key',
  severity: 'error',
  source: 'bis §3.2',
  why: 'SHA-1 and MD5 collide at will; nobody has examined a private algorithm; and a "dir" key that also signs or encrypts elsewhere loses the guarantees of both uses.',
  remedy: 'Use registered algorithms on SHA-2. Give "dir" a key of its own, or use A256KW, which makes a fresh key per message.',
  check: (scene) =>
    eachHeader(scene, (header, { jwt }) => [...broken(header, jwt.kind === 'encrypted'), ...sharedDirectKey(header, scene)]),
}

function broken({ alg }: JsonObject, encrypted: boolean): readonly Note[] {
  if (typeof alg !== 'string' || alg.trim().toLowerCase() === 'none') return []
  if (/(?:md5|sha-?1(?!\d)|^[HRPE]S1$|HMAC-MD)/i.test(alg))
    return [{ pointer: 'header.alg', reason: `alg "${alg}" rests on a broken hash.` }]
  const known = encrypted ? keyManagementNames : signatureAlgorithmNames
  const spelledAlike = known.some((name) => name.toLowerCase() === alg.trim().toLowerCase())
  return spelledAlike ? [] : [{ pointer: 'header.alg', reason: `alg "${alg}" is not registered for this purpose.` }]
}

function sharedDirectKey({ alg, kid }: JsonObject, scene: Scene): readonly Note[] {
  if (alg !== 'dir') return []
  const shared = scene.keySets.some((set) => servesTwice(set, kid))
  return shared ? [{ pointer: 'header.alg', reason: 'The key for "dir" also has another use in the key set.' }] : []
}

function servesTwice(set: KeySet, kid: unknown): boolean {
  const direct = set.keys.find((jwk) => jwk['kty'] === 'oct' && (kid === undefined || jwk['kid'] === kid))
  if (direct === undefined) return false
  const signs = direct['use'] === 'sig' || /^HS\d/.test(typeof direct['alg'] === 'string' ? direct['alg'] : '')
  return signs || set.keys.filter((jwk) => jwk['k'] === direct['k']).length > 1
}
