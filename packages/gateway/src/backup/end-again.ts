import { eraseAccount } from '../account/erase.ts'
import { isShown } from '../account/factors.ts'
import { accountKey } from '../decide/account-name.ts'
import type { ChainKey } from '../audit/chain-key.ts'
import type { Random } from '../lib/random.ts'
import type { Stores } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { EndedSince } from './since.ts'

export interface EndingParts {
  readonly stores: Stores
  readonly vault: Pick<Vault, 'revoke'>
  /** Signs for the restored trail. */
  readonly chain: ChainKey
  readonly random: Random
  readonly at: number
}

/** What a restore ended in the restored store, for a person. */
export type Ended = readonly (readonly [what: string, how: string])[]

/** Does to a restored store again what was done to the lost one since the backup. Each step can be done twice. */
export async function endAgain({ stores, vault, chain, random, at }: EndingParts, since: EndedSince): Promise<Ended> {
  const { accounts, factors, identities, machineKeys } = stores
  const idOf = async (name: string): Promise<string | null> => (await accounts.findByKey(accountKey(name)))?.id ?? null
  const each = async <T>(all: Iterable<T>, end: (one: T) => Promise<boolean>): Promise<number> => {
    let count = 0
    for (const one of all) if (await end(one)) count += 1
    return count
  }
  const onAccount = (change: Parameters<typeof accounts.update>[1]) => async (name: string) => {
    const id = await idOf(name)
    return id !== null && (await accounts.update(id, change)) !== null
  }
  const disabled = await each(since.disabled, onAccount({ disabledAt: at }))
  // The one in the backup is an old one: it may be known, or it would not have been replaced.
  const passwords = await each(since.passwords, onAccount({ passwordLockedAt: at }))
  const resets = await each(since.resets, onAccount({ resetRequiredAt: at }))
  const removed = await each(since.factors, async ({ account, id }) => {
    const owner = await idOf(account)
    if (owner === null || !(await factors.remove(owner, id))) return false
    // Recovery codes that stand in for nothing go with the last factor.
    if (!(await factors.list(owner)).some(isShown)) await factors.removeAll(owner)
    return true
  })
  const codes = await each(since.recoveryCodes, async (name) => {
    const owner = await idOf(name)
    const old = owner === null ? [] : (await factors.list(owner)).filter(({ kind }) => kind === 'recovery-codes')
    return (await each(old, async ({ id }) => await factors.remove(owner ?? '', id))) > 0
  })
  const parted = await each(since.identities, async ({ account, issuer, subject }) => {
    const owner = await idOf(account)
    return owner !== null && (await identities.remove(owner, issuer, subject))
  })
  const keys = await each(since.machineKeys, async (id) => await machineKeys.revoke(id, at))
  const secrets = await each(since.secrets, async ({ name, version }) => (await vault.revoke(name, version, at)).kind === 'done')
  // Last: what is done above names people.
  const erased = await each(since.erased, async (id) => {
    const account = await accounts.find(id)
    if (account !== null) await eraseAccount({ stores, chain, random, at }, account)
    return account !== null
  })
  const closed = since.closed !== null && (await stores.lockdown.set({ since: at, reason: since.closed }))
  const counts: readonly (readonly [string, number, string])[] = [
    ['accounts', disabled, 'closed again'],
    ['passwords', passwords, 'locked: they were replaced since; cloakroom account set-password NAME'],
    ['new passwords', resets, 'demanded again'],
    ['second factors', removed, 'taken away again'],
    ['recovery codes', codes, 'taken away: some were used or replaced since'],
    ['provider links', parted, 'parted again'],
    ['machine keys', keys, 'revoked again'],
    ['secrets', secrets, 'revoked again'],
    ['erased accounts', erased, 'erased again'],
  ]
  return [
    ...counts.filter(([, count]) => count > 0).map(([what, count, how]) => [what, `${count} ${how}`] as const),
    ...(closed ? [['everything', 'closed, as it was: cloakroom panic --lift'] as const] : []),
  ]
}

/** Nobody can say which keys of programs were revoked since the backup: none counts any more. How many that were. */
export async function endMachineKeys({ stores, at }: Pick<EndingParts, 'stores' | 'at'>): Promise<number> {
  let ended = 0
  for (const { id, revokedAt } of await stores.machineKeys.list())
    if (revokedAt === null && (await stores.machineKeys.revoke(id, at))) ended += 1
  return ended
}

/**
 * No session is in a backup. Raising every account's generation also ends what was sealed for one: a login in progress, an action token. To the
 * time, because what the lost store gave out since the backup must not come to count again when the restored one has been raised as often.
 */
export async function beginAnew({ stores, at }: Pick<EndingParts, 'stores' | 'at'>): Promise<void> {
  await stores.sessions.revokeEveryone(Math.floor(at / 1000))
  await stores.grants.removeAll()
}
