import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openConnection } from './connection.ts'
import { DURABLE_SCHEMA } from './durable-schema.ts'
import { BUSY_MS, isBusy } from './file-watch.ts'
import { HOT_SCHEMA } from './hot-schema.ts'
import { unavailable } from './unavailable.ts'

/** What a snapshot is made of. decisions.sqlite explains refusals of the last weeks, and is not worth a copy. */
export const SNAPSHOT_FILES = ['durable.sqlite', 'hot.sqlite'] as const

/** Never copied: what opens something by being there. Nobody can bring back what was never taken along. */
export const LEFT_OUT: ReadonlySet<string> = new Set(['session', 'provider_grant', 'minted', 'reset'])

/**
 * Copies the store in `folder` into the empty folder `to`, each file as of one moment, beside whoever reads and writes it: VACUUM INTO and one
 * reading transaction; with WAL neither makes a writer wait. Throws GateError `store_unavailable`.
 */
export function snapshotStore(folder: string, to: string): void {
  try {
    snapshotDurable(folder, to)
    snapshotHot(folder, to)
  } catch (cause) {
    throw unavailable(cause, 'the store cannot be copied')
  }
}

function snapshotDurable(folder: string, to: string): void {
  const db = new DatabaseSync(join(folder, 'durable.sqlite'), { timeout: BUSY_MS })
  try {
    db.prepare('VACUUM INTO ?').run(join(to, 'durable.sqlite'))
  } finally {
    db.close()
  }
  // Brings the copy up to this version's schema, and sees that it is ours.
  openConnection(to, 'durable.sqlite', DURABLE_SCHEMA, COPY).close()
}

function snapshotHot(folder: string, to: string): void {
  const copy = openConnection(to, 'hot.sqlite', HOT_SCHEMA, COPY)
  const { db, write } = copy
  try {
    db.prepare('ATTACH ? AS source').run(join(folder, 'hot.sqlite'))
    const tables = db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'").all()
    const kept = tables.map(({ name }) => String(name)).filter((name) => !LEFT_OUT.has(name))
    write(() => {
      for (const name of kept) db.exec(`INSERT OR REPLACE INTO main."${name}" SELECT * FROM source."${name}"`)
    })
    db.exec('DETACH source')
  } finally {
    copy.close()
  }
}

const COPY = { synchronous: 'FULL', cacheKiB: 4_096, mapBytes: 0 } as const

/**
 * Does any process have a database of this folder open? Leaving WAL mode needs the file for oneself, and fails while any other connection
 * is there, idle ones too. When none is, the files are left whole, without a log beside them.
 */
export function isStoreInUse(folder: string): boolean {
  return [...SNAPSHOT_FILES, 'decisions.sqlite'].some((name) => existsSync(join(folder, name)) && isInUse(join(folder, name)))
}

function isInUse(path: string): boolean {
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(path, { timeout: 0 })
    db.exec('PRAGMA journal_mode = DELETE')
    return false
  } catch (cause) {
    if (isBusy(cause)) return true
    // Damaged, and no database any more: whoever has it open cannot use it either. `db` was never opened, or is closed below.
    return false
  } finally {
    if (db?.isOpen === true) db.close()
  }
}
