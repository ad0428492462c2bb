import { memoryAccounts } from './memory/accounts.ts'
import { memoryAudit } from './memory/audit.ts'
import { memoryBans } from './memory/bans.ts'
import { memoryCounters } from './memory/counters.ts'
import { memoryFactors } from './memory/factors.ts'
import { memoryHolds } from './memory/holds.ts'
import { memoryLockdown } from './memory/lockdown.ts'
import { memoryMachineKeys } from './memory/machine-keys.ts'
import { memoryGrants } from './memory/grants.ts'
import { memoryIdentities } from './memory/identities.ts'
import { memoryDecisions } from './memory/decisions.ts'
import { memoryDenials } from './memory/denials.ts'
import { memoryMinted } from './memory/minted.ts'
import { memoryNonces } from './memory/nonces.ts'
import { memoryResets } from './memory/resets.ts'
import { memorySessions } from './memory/sessions.ts'
import { memoryUses } from './memory/uses.ts'
import { memoryVault } from './memory/vault.ts'
import type { Stores } from './store.ts'
import { MOST_BANS } from './verdict-stores.ts'

/** How many entries the parts that visitors can fill may hold. */
export interface MemoryBounds {
  readonly counters: number
  readonly nonces: number
}

/** The reference: what every store does, in plain data of one process, and gone with it. */
export function memoryStores(bounds: MemoryBounds = { counters: 1_000_000, nonces: 1_000_000 }): Stores {
  return {
    sessions: memorySessions(),
    grants: memoryGrants(),
    counters: memoryCounters(bounds.counters),
    denials: memoryDenials(),
    nonces: memoryNonces(bounds.nonces),
    bans: memoryBans(MOST_BANS),
    decisions: memoryDecisions(),
    uses: memoryUses(),
    minted: memoryMinted(),
    accounts: memoryAccounts(),
    resets: memoryResets(),
    factors: memoryFactors(),
    machineKeys: memoryMachineKeys(),
    identities: memoryIdentities(),
    vault: memoryVault(),
    audit: memoryAudit(),
    holds: memoryHolds(),
    lockdown: memoryLockdown(),
    close() {},
  }
}
