import { privateMembers } from '../jose/keys.ts'
import type { KeySet } from '../jose/keys.ts'
import type { Remark, Rule } from '../rule.ts'

/** A published key set must be public keys, over TLS, with a known shelf life. */
export const keySetLeak: Rule = {
  id: 'JWT-47',
  title: 'Key set leaks secrets or is served unsafely',
  severity: 'error',
  source: 'RFC 7517 §8.1, §9.2; ASVS 11.1.1',
  why: 'A private member in a public key set gives the signing key to everybody; over plain http anybody on the way replaces the keys.',
  remedy: 'Publish public members only, over https, with Cache-Control. If a private member was ever served, rotate the key now.',
  check: (scene) => scene.keySets.flatMap((set) => [...secrets(set), ...delivery(set)]),
}

function secrets(set: KeySet): readonly Remark[] {
  if (set.confidential) return []
  return set.keys.flatMap((jwk, index) => {
    const members = privateMembers(jwk)
    return members.length === 0 ? [] : [{ at: set.label, pointer: `keys[${index}]`, reason: `The key contains ${members.join(', ')}.` }]
  })
}

function delivery(set: KeySet): readonly Remark[] {
  const remarks: Remark[] = []
  if (set.url !== undefined && !set.url.startsWith('https://'))
    remarks.push({ at: set.label, pointer: 'url', reason: 'The key set is served without TLS.' })
  if (set.headers !== undefined && set.headers['cache-control'] === undefined && set.headers['expires'] === undefined) {
    remarks.push({
      at: set.label,
      pointer: 'response.headers',
      severity: 'warning',
      reason: 'Neither Cache-Control nor Expires: verifiers fetch too often, or keep old keys.',
    })
  }
  return remarks
}
