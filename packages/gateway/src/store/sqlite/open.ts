import { type Clock, systemClock } from '../../lib/clock.ts'
import type { Stores } from '../store.ts'
import { sqliteAccounts } from './accounts.ts'
import { sqliteAudit } from './audit.ts'
import { sqliteBans } from './bans.ts'
import { openConnection } from './connection.ts'
import { sqliteCounters } from './counters.ts'
import { DURABLE_SCHEMA } from './durable-schema.ts'
import { sqliteGrants } from './grants.ts'
import { sqliteFactors } from './factors.ts'
import { HOT_SCHEMA } from './hot-schema.ts'
import { sqliteMachineKeys } from './machine-keys.ts'
import { sqliteIdentities } from './identities.ts'
import { sqliteNonces } from './nonces.ts'
import { sqliteSessions } from './sessions.ts'
import { shielded } from './unavailable.ts'
import { sqliteVault } from './vault.ts'

/** Room for the inner pages of a million sessions; the rest is read through the mapping, which the system shares between processes. */
const HOT = { synchronous: 'NORMAL', cacheKiB: 16_384, mapBytes: 2 ** 30 } as const
const DURABLE = { synchronous: 'FULL', cacheKiB: 4_096, mapBytes: 0 } as const

/**
 * The embedded store: `hot.sqlite` and `durable.sqlite` in a folder, which several processes may open at once. Answers at once.
 * Whatever SQLite cannot do is GateError `store_unavailable`.
 */
export function openSqlite(folder: string, clock: Clock = systemClock): Stores {
  const hot = openConnection(folder, 'hot.sqlite', HOT_SCHEMA, { ...HOT, clock })
  try {
    const durable = openConnection(folder, 'durable.sqlite', DURABLE_SCHEMA, { ...DURABLE, clock })
    return {
      sessions: shielded(sqliteSessions(hot), hot.watch),
      grants: shielded(sqliteGrants(hot), hot.watch),
      counters: shielded(sqliteCounters(hot), hot.watch),
      nonces: shielded(sqliteNonces(hot), hot.watch),
      bans: shielded(sqliteBans(hot), hot.watch),
      accounts: shielded(sqliteAccounts(durable), durable.watch),
      factors: shielded(sqliteFactors(durable), durable.watch),
      machineKeys: shielded(sqliteMachineKeys(durable), durable.watch),
      identities: shielded(sqliteIdentities(durable), durable.watch),
      vault: shielded(sqliteVault(durable), durable.watch),
      audit: shielded(sqliteAudit(durable), durable.watch),
      close() {
        hot.close()
        durable.close()
      },
    }
  } catch (cause) {
    hot.close()
    throw cause
  }
}
