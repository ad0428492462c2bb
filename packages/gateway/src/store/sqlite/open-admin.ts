import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { AdminStores } from '../admin-stores.ts'
import { sqliteAccounts } from './accounts.ts'
import { openConnection } from './connection.ts'
import { sqliteCounters } from './counters.ts'
import { DURABLE_SCHEMA } from './durable-schema.ts'
import { sqliteFactors } from './factors.ts'
import { HOT_SCHEMA } from './hot-schema.ts'
import { sqliteNonces } from './nonces.ts'
import { sqliteSessions } from './sessions.ts'
import { shielded } from './unavailable.ts'

/** A handful of people: nothing of it needs a cache worth the name. */
const SMALL = { cacheKiB: 256, mapBytes: 0 } as const

/** `admin.sqlite` and `admin-hot.sqlite` beside the website's files and with their schemas. Whatever SQLite cannot do is GateError `store_unavailable`. */
export function openAdminSqlite(folder: string, clock: Clock = systemClock): AdminStores {
  const durable = openConnection(folder, DURABLE_FILE, DURABLE_SCHEMA, { ...SMALL, synchronous: 'FULL', clock })
  try {
    const hot = openConnection(folder, 'admin-hot.sqlite', HOT_SCHEMA, { ...SMALL, synchronous: 'NORMAL', clock })
    return {
      accounts: shielded(sqliteAccounts(durable), durable.watch),
      factors: shielded(sqliteFactors(durable), durable.watch),
      sessions: shielded(sqliteSessions(hot), hot.watch),
      counters: shielded(sqliteCounters(hot), hot.watch),
      nonces: shielded(sqliteNonces(hot), hot.watch),
      close() {
        hot.close()
        durable.close()
      },
    }
  } catch (cause) {
    durable.close()
    throw cause
  }
}

/** Was there ever an administrator here? Opens nothing. */
export function hasAdminSqlite(folder: string): boolean {
  return existsSync(join(folder, DURABLE_FILE))
}

const DURABLE_FILE = 'admin.sqlite'
