import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GateError } from '../../errors.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { Stores } from '../store.ts'
import { sqliteAccounts } from './accounts.ts'
import { sqliteAudit } from './audit.ts'
import { sqliteBans } from './bans.ts'
import { type Connection, type FileOptions, openConnection } from './connection.ts'
import { DECISION_SCHEMA, sqliteDecisions } from './decisions.ts'
import { sqliteCounters } from './counters.ts'
import { sqliteDenials } from './denials.ts'
import { DURABLE_SCHEMA } from './durable-schema.ts'
import { sqliteGrants } from './grants.ts'
import { sqliteFactors } from './factors.ts'
import { HOT_SCHEMA } from './hot-schema.ts'
import { sqliteHolds } from './holds.ts'
import { sqliteLockdown } from './lockdown.ts'
import { sqliteMachineKeys } from './machine-keys.ts'
import { sqliteIdentities } from './identities.ts'
import type { Schema } from './migrate.ts'
import { sqliteMinted } from './minted.ts'
import { sqliteNonces } from './nonces.ts'
import { SWAP_MARK } from '../swap-mark.ts'
import { sqliteResets } from './resets.ts'
import { sqliteSessions } from './sessions.ts'
import { shielded } from './unavailable.ts'
import { sqliteUses } from './uses.ts'
import { sqliteVault } from './vault.ts'

/** Room for the inner pages of a million sessions; the rest is read through the mapping, which the system shares between processes. */
const HOT = { synchronous: 'NORMAL', cacheKiB: 16_384, mapBytes: 2 ** 30 } as const
/** A cache of its own would be wasted on what is written once and read by hand. */
const DECISIONS = { synchronous: 'NORMAL', cacheKiB: 512, mapBytes: 0 } as const
const DURABLE = { synchronous: 'FULL', cacheKiB: 4_096, mapBytes: 0 } as const

/**
 * The embedded store: `hot.sqlite`, `durable.sqlite` and `decisions.sqlite` in a folder, which several processes may open at once. Answers at once.
 * Whatever SQLite cannot do is GateError `store_unavailable`.
 */
export function openSqlite(folder: string, clock: Clock = systemClock): Stores {
  if (existsSync(join(folder, SWAP_MARK)))
    throw new GateError('store_unavailable', `a restore was broken off in ${folder}: run \`cloakroom backup restore … --replace\` again`)
  const opened: Connection[] = []
  const open = (name: string, schema: Schema, options: Omit<FileOptions, 'clock'>): Connection => {
    const connection = openConnection(folder, name, schema, { ...options, clock })
    opened.push(connection)
    return connection
  }
  const close = (): void => {
    for (const connection of opened) connection.close()
  }
  try {
    const hot = open('hot.sqlite', HOT_SCHEMA, HOT)
    const durable = open('durable.sqlite', DURABLE_SCHEMA, DURABLE)
    const decisions = open('decisions.sqlite', DECISION_SCHEMA, DECISIONS)
    return {
      sessions: shielded(sqliteSessions(hot), hot.watch),
      grants: shielded(sqliteGrants(hot), hot.watch),
      counters: shielded(sqliteCounters(hot), hot.watch),
      denials: shielded(sqliteDenials(hot), hot.watch),
      nonces: shielded(sqliteNonces(hot), hot.watch),
      bans: shielded(sqliteBans(hot), hot.watch),
      decisions: shielded(sqliteDecisions(decisions), decisions.watch),
      uses: shielded(sqliteUses(decisions), decisions.watch),
      minted: shielded(sqliteMinted(hot), hot.watch),
      resets: shielded(sqliteResets(hot), hot.watch),
      accounts: shielded(sqliteAccounts(durable), durable.watch),
      factors: shielded(sqliteFactors(durable), durable.watch),
      machineKeys: shielded(sqliteMachineKeys(durable), durable.watch),
      identities: shielded(sqliteIdentities(durable), durable.watch),
      vault: shielded(sqliteVault(durable), durable.watch),
      holds: shielded(sqliteHolds(durable), durable.watch),
      lockdown: shielded(sqliteLockdown(durable), durable.watch),
      audit: shielded(sqliteAudit(durable), durable.watch),
      close,
    }
  } catch (cause) {
    close()
    throw cause
  }
}
