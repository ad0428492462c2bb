import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { GateError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'

/** Looks after an open database file: is it still the one that has its name, and is somebody else sitting on its lock? */
export interface FileWatch {
  /**
   * Throws GateError `store_unavailable` once the file was deleted or replaced. SQLite would go on with the file that it holds, and a
   * revocation that another process writes into the new one would never be seen. Looks once a second.
   */
  check(): void
  /** A call failed. One that waited its whole time for another process's lock waits for the requests behind it, too: the next wait briefly. */
  failed(cause: unknown): void
  /** A write came through. */
  wrote(): void
}

/** A writer that waits longer than this for another process gives up, and its request is refused: 2 s is past any write of ours. */
export const BUSY_MS = 2_000
/** Once somebody waited in vain. */
const BRIEF_MS = 20
/** Then it is tried in earnest again: one long wait in a minute at most. */
const WARY_MS = 60_000
const LOOK_MS = 1_000

export function watchFile(db: DatabaseSync, path: string, clock: Clock): FileWatch {
  const opened = identityOf(path)
  let lookedAt = clock()
  let gone = false
  let warySince: number | null = null

  function trust(): void {
    if (warySince === null) return
    warySince = null
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`)
  }

  return {
    check() {
      const at = clock()
      // The distance, not the order: a clock that jumped back must not stop the looking.
      if (Math.abs(at - lookedAt) >= LOOK_MS) {
        lookedAt = at
        gone = identityOf(path) !== opened
        if (warySince !== null && Math.abs(warySince - at) > WARY_MS) trust()
      }
      if (gone) throw new GateError('store_unavailable', `${path} was deleted or replaced while it was open: restart the gateway`)
    },
    failed(cause) {
      if (!isBusy(cause)) return
      if (warySince === null) db.exec(`PRAGMA busy_timeout = ${BRIEF_MS}`)
      warySince = clock()
    },
    wrote: trust,
  }
}

export function isBusy(cause: unknown): boolean {
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' && (cause.errcode & 0xff) === SQLITE_BUSY
}

const SQLITE_BUSY = 5

/** Null when there is no such file any more. */
function identityOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? null : `${found.dev}:${found.ino}`
}
