import type { Outcome } from '../outcome.ts'
import { failed, fine } from '../outcome.ts'
import type { Jwk } from './jwk.ts'
import { verifyingKey, type VerifyingKey } from './key.ts'
import type { KeyAnswer, KeySource } from './source.ts'

/** Keys that are pinned in the configuration. Throws on a key that cannot be used and on a keyid that two keys share. */
export async function staticKeys(jwks: readonly Jwk[]): Promise<KeySource> {
  const table = await keyTable(jwks)
  if (!table.ok) throw new TypeError(`Unusable keys: ${table.detail}.`)
  return { find: (keyid) => Promise.resolve(answerFrom(table.value, keyid)) }
}

/** Imports a set all or nothing: with one keyid twice, which key counts would depend on the reader. */
export async function keyTable(jwks: readonly Jwk[]): Promise<Outcome<ReadonlyMap<string, VerifyingKey>, 'unusable_key'>> {
  const table = new Map<string, VerifyingKey>()
  for (const jwk of jwks) {
    const key = await verifyingKey(jwk)
    if (!key.ok) return key
    if (table.has(key.value.keyid)) return failed('unusable_key', `keyid ${key.value.keyid} is there twice`)
    table.set(key.value.keyid, key.value)
  }
  return fine(table)
}

export function answerFrom(table: ReadonlyMap<string, VerifyingKey>, keyid: string): KeyAnswer {
  const key = table.get(keyid)
  return key === undefined ? { answer: 'unknown' } : { answer: 'key', key }
}
