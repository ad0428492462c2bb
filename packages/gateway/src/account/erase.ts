import { pseudonymiseTrail } from '../audit/pseudonym.ts'
import type { ChainKey } from '../audit/chain-key.ts'
import type { Instant } from '../decide/head.ts'
import type { Random } from '../lib/random.ts'
import type { Account, Stores } from '../store/store.ts'

export interface ErasureParts {
  readonly stores: Pick<Stores, 'accounts' | 'sessions' | 'factors' | 'identities' | 'decisions' | 'uses' | 'audit'>
  readonly chain: ChainKey
  readonly random: Random
  readonly at: Instant
}

export interface Erased {
  readonly pseudonym: string
  readonly sessions: number
  readonly factors: number
  readonly links: number
  readonly decisions: number
  /** Of the audit trail. */
  readonly entries: number
}

/** Takes a person out of the store (PRIV-02): the account and what belongs to it is deleted, in the audit trail a pseudonym stands for the name. Can be done again. */
export async function eraseAccount({ stores, chain, random, at }: ErasureParts, { id, key, name }: Account): Promise<Erased> {
  const pseudonym = `erased-${random(6).toString('hex')}`
  // First closed, then emptied: a login that is under way finds it closed.
  await stores.accounts.update(id, { disabledAt: at })
  const sessions = await stores.sessions.revokeAll(id, at, 'account-disabled')
  const factors = await stores.factors.removeAll(id)
  let links = 0
  for (const { issuer, subject } of await stores.identities.ofAccount(id))
    if (await stores.identities.remove(id, issuer, subject)) links += 1
  await stores.accounts.remove(id)
  const decisions = await stores.decisions.forget(name)
  await stores.uses.forget(`account:${id}`)
  const entries = await pseudonymiseTrail(stores.audit, chain, { key, pseudonym })
  return { pseudonym, sessions, factors, links, decisions, entries }
}
