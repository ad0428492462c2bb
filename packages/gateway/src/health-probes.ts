import type { AuditTrail } from './audit/audit.ts'
import { counterKey, type Hit } from './decide/counters.ts'
import { GateError } from './errors.ts'
import type { Awaitable } from './lib/awaitable.ts'
import type { Clock } from './lib/clock.ts'
import type { Stores } from './store/store.ts'
import type { Vault } from './vault/vault.ts'

export interface Probed {
  readonly stores: Stores
  readonly vault: Pick<Vault, 'list'>
  readonly audit: Pick<AuditTrail, 'figures'>
  readonly clock: Clock
}

/** What must work for the gateway to be of use, by name. `disk` writes: a full disk can still be read, and lets nobody sign in. */
export function healthProbes({ stores, vault, audit, clock }: Probed): Readonly<Record<string, () => Awaitable<unknown>>> {
  return {
    sessions: () => stores.sessions.listAll(1),
    accounts: () => stores.audit.read({ limit: 1 }),
    vault: () => vault.list(),
    async lockdown() {
      if ((await stores.lockdown.read()) !== null) throw new GateError('locked_down', 'the owner closed this gateway')
    },
    disk: () => stores.counters.add([PROBE], clock()),
    audit() {
      const { store, file } = audit.figures()
      if (store.failing || file.failing) throw new GateError('store_unavailable', 'the audit trail cannot be written')
    },
  }
}

/** Never over: it is there to be written. */
const PROBE: Hit = { key: counterKey('health'), limit: { max: 1000, perMs: 1000, burst: 1000 }, keepMs: 1000 }
