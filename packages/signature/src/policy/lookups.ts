import { isSigningAlgorithm } from '../keys/algorithm.ts'
import type { VerifyingKey } from '../keys/key.ts'
import type { KeySource } from '../keys/source.ts'
import type { NonceStore } from '../nonce/store.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import { within } from '../within.ts'
import type { ProfileParameters } from './freshness.ts'
import type { RefusalReason } from './refusal.ts'

/** The two things outside that a verifier asks. No answer, a late one and a strange one all count against the request. */
export interface Lookups {
  readonly keys: KeySource
  readonly nonces: NonceStore
  readonly patienceMs?: number
  readonly clock: () => number
}

/** Looks the key up and makes sure that it is the one asked for, in the profile, and valid now. */
export async function findKey(keyid: string, rules: Lookups): Promise<Outcome<VerifyingKey, RefusalReason>> {
  const now = rules.clock()
  const found = await asked('keys_unavailable', rules, () => rules.keys.find(keyid, now))
  if (!found.ok) return found
  switch (found.value.answer) {
    case 'unavailable':
      return failed('keys_unavailable', found.value.detail)
    case 'unknown':
      return failed('unknown_key', keyid)
    case 'key':
      return usableKey(found.value.key, keyid, now)
  }
  return failed('keys_unavailable', 'the key source gave no known answer')
}

function usableKey(key: VerifyingKey, keyid: string, now: number): Outcome<VerifyingKey, RefusalReason> {
  if (key.keyid !== keyid) return failed('unknown_key', `asked for ${keyid}, got ${key.keyid}`)
  if (!isSigningAlgorithm(key.algorithm)) return failed('algorithm_mismatch', `${key.algorithm} is not in the profile`)
  const tooEarly = key.notBefore !== null && now < key.notBefore
  const tooLate = key.notAfter !== null && now >= key.notAfter
  return tooEarly || tooLate ? failed('key_not_valid_now', keyid) : fine(key)
}

/** Uses up the nonce. It is remembered for twice the age it could be used at, so that a clock set back does not bring it to life again. */
export async function spendNonce(
  { keyid, nonce, created }: ProfileParameters,
  now: number,
  maxAge: number,
  rules: Lookups,
): Promise<Outcome<null, RefusalReason>> {
  const spent: Outcome<unknown, RefusalReason> = await asked('nonces_unavailable', rules, () =>
    rules.nonces.spend(keyid, nonce, created + 2 * maxAge, now),
  )
  if (!spent.ok) return spent
  if (spent.value === true) return fine(null)
  return spent.value === false ? failed('replayed', `nonce ${nonce}`) : failed('nonces_unavailable', 'the store said neither yes nor no')
}

async function asked<T, P extends RefusalReason>(problem: P, rules: Lookups, ask: () => Promise<T>): Promise<Outcome<T, P>> {
  try {
    return fine(await within(rules.patienceMs ?? 2000, ask))
  } catch (error) {
    return failed(problem, error instanceof Error ? error.message : String(error))
  }
}
