import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/** Says whether a database file may have changed since it was last asked: the same number means no. */
export interface Changes {
  /** Costs one look at the file per turn of the event loop, however often it is asked. */
  stamp(): number
  /** After every write of our own. */
  wrote(): void
}

/** Writes of this process to one file, whichever connection made them. */
const OWN_WRITES = new Map<string, { count: number }>()

/**
 * What this process wrote counts at once, on every connection to the file; what another process wrote counts from the next turn on.
 * `PRAGMA data_version` takes and gives back a lock, five system calls: under load many requests of one turn share them.
 */
export function changesOf(db: DatabaseSync, path: string): Changes {
  const file = resolve(path)
  const own = OWN_WRITES.get(file) ?? { count: 0 }
  OWN_WRITES.set(file, own)
  const version = db.prepare('PRAGMA data_version')
  version.setReturnArrays(true)
  let stamp = 0
  let seenOwn = -1
  let seenFile = -1
  let asked = false

  return {
    stamp() {
      if (!asked) {
        const [found] = (version.get() as unknown as readonly number[] | undefined) ?? [-1]
        asked = true
        setImmediate(() => {
          asked = false
        })
        if (found !== seenFile || found === -1) stamp += 1
        seenFile = found ?? -1
      }
      if (own.count !== seenOwn) {
        seenOwn = own.count
        stamp += 1
      }
      return stamp
    },
    wrote() {
      own.count += 1
    },
  }
}
