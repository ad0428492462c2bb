import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GateError } from '../../errors.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { type Changes, changesOf } from './changes.ts'
import { BUSY_MS, type FileWatch, isBusy, watchFile } from './file-watch.ts'
import { migrate, type Schema } from './migrate.ts'
import { unavailable } from './unavailable.ts'

/** One open database file. Statements are prepared on `db` once, by the ports that use it. */
export interface Connection {
  readonly db: DatabaseSync
  /** Runs `work` in a write transaction: all of it or, when anything is thrown, nothing. */
  readonly write: <T>(work: () => T) => T
  /** As `write`, and on the disk when it returns: it outlives a power cut as well as a killed process. */
  readonly writeDurably: <T>(work: () => T) => T
  /** For what is kept in memory: it holds as long as the stamp stays. */
  readonly changes: Changes
  /** Asked before each call of a port, and told of what failed. */
  readonly watch: FileWatch
  close(): void
}

export interface FileOptions {
  /**
   * `NORMAL` outlives a killed process, since the system holds what was written, but a power cut may take the last moments.
   * `FULL` waits for the disk at each commit (sqlite.org/pragma.html#pragma_synchronous).
   */
  readonly synchronous: 'NORMAL' | 'FULL'
  readonly cacheKiB: number
  /** How much of the file is read through a mapping instead of copied into the page cache. */
  readonly mapBytes: number
  /** The system's when left out. */
  readonly clock?: Clock
}

/** Opens `folder/name`, creates it when missing (folder 0700, files 0600) and brings its schema up to date. Throws GateError `store_unavailable`. */
export function openConnection(folder: string, name: string, schema: Schema, options: FileOptions): Connection {
  const path = join(folder, name)
  let db: DatabaseSync | null = null
  try {
    ownOnly(folder, path)
    db = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true, allowExtension: false })
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON')
    inWalMode(db)
    db.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${options.cacheKiB}; PRAGMA mmap_size = ${options.mapBytes}`)
    migrate(db, schema, name)
    db.exec(`PRAGMA synchronous = ${options.synchronous}`)
    return connectionOf(db, options.synchronous, changesOf(db, path), watchFile(db, path, options.clock ?? systemClock))
  } catch (cause) {
    if (db?.isOpen === true) db.close()
    throw cause instanceof GateError ? cause : unavailable(cause, `cannot open ${name}`)
  }
}

/** Reads of 0600 files by others fail; SQLite gives the `-wal` and `-shm` files the mode of the database file. */
function ownOnly(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  // Restored from a backup or copied by hand, the file may be open to others.
  for (const file of [path, `${path}-wal`, `${path}-shm`]) tighten(file)
}

function tighten(file: string): void {
  try {
    chmodSync(file, 0o600)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause
  }
}

/** Two processes that open a new file at once: the switch is not covered by the busy timeout, so the later one asks again. */
function inWalMode(db: DatabaseSync): void {
  for (let attempt = 0; ; attempt++) {
    try {
      const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
      // Some network file systems cannot; without WAL a reader and a writer would lock each other out.
      if (mode !== 'wal')
        throw new GateError('store_unavailable', `this file system offers journal mode ${String(mode)}, WAL is needed: use a local disk`)
      return
    } catch (cause) {
      if (!isBusy(cause) || attempt === 40) throw cause
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS / 40)
    }
  }
}

function connectionOf(db: DatabaseSync, synchronous: FileOptions['synchronous'], changes: Changes, watch: FileWatch): Connection {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const write = <T>(work: () => T): T => {
    begin.run()
    try {
      const result = work()
      commit.run()
      changes.wrote()
      watch.wrote()
      return result
    } catch (cause) {
      // SQLite itself rolls back on some errors (full disk).
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
  }
  return {
    db,
    changes,
    watch,
    write,
    writeDurably(work) {
      if (synchronous === 'FULL') return write(work)
      db.exec('PRAGMA synchronous = FULL')
      try {
        return write(work)
      } finally {
        db.exec('PRAGMA synchronous = NORMAL')
      }
    },
    close() {
      if (db.isOpen) db.close()
    },
  }
}
