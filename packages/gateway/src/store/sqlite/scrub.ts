import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BUSY_MS } from './file-watch.ts'
import { unavailable } from './unavailable.ts'

/**
 * Writes the databases anew, so that nothing of deleted or overwritten rows is left between the rows that remain: `secure_delete` does not reach
 * what was moved about inside a page. Others may have them open; their writes wait meanwhile, about a second for 100 MB. Then the log is
 * emptied, unless somebody is just reading it. Throws GateError `store_unavailable`.
 */
export function scrubStore(folder: string): void {
  for (const name of ['durable.sqlite', 'decisions.sqlite']) {
    try {
      const db = new DatabaseSync(join(folder, name), { timeout: BUSY_MS })
      try {
        db.exec('PRAGMA secure_delete = ON; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
      } finally {
        db.close()
      }
    } catch (cause) {
      throw unavailable(cause, `${name} cannot be written anew`)
    }
  }
}
