import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Stores } from '../store/store.ts'

/** How far a store has come, noted outside of it: whoever puts an older copy back does not put this back. */
export interface AgeMark {
  readonly vaultId: string
  /** The end of the audit trail. */
  readonly seq: number
  readonly hash: string
  /** What was ended in hot.sqlite, which says nothing of itself in the trail's chain. */
  readonly ended: number
}

export type Age =
  /** There is no mark yet, or the store has everything that the mark knows of. */
  | 'fits'
  /** It lacks what was there already. */
  | 'older'
  /** It went another way from some point on, or is another store. */
  | 'other'
  | 'unreadable'

type AgedStores = {
  readonly sessions: Pick<Stores['sessions'], 'ended'>
  readonly audit: Pick<Stores['audit'], 'read' | 'chain'>
  readonly vault: Pick<Stores['vault'], 'readMeta'>
}

/** Compares the store with the mark at `path`. */
export async function ageOf(stores: AgedStores, path: string): Promise<Age> {
  if (!existsSync(path)) return 'fits'
  const mark = parse(readFileSync(path, 'utf8'))
  if (mark === null) return 'unreadable'
  if ((await stores.vault.readMeta())?.vaultId !== mark.vaultId) return 'other'
  const [last] = await stores.audit.read({ limit: 1 })
  if ((last?.seq ?? 0) < mark.seq || (await stores.sessions.ended()) < mark.ended) return 'older'
  // Deleted when its time was over: then the number alone says it.
  const [entry] = await stores.audit.chain(mark.seq - 1, 1)
  return entry?.seq === mark.seq && entry.hash !== mark.hash ? 'other' : 'fits'
}

/** Notes how far the store is now, durably. In place and not by another file: the sandbox grants this one path. */
export async function raiseMark(stores: AgedStores, path: string): Promise<void> {
  const [last] = await stores.audit.read({ limit: 1 })
  const [entry] = last === undefined ? [] : await stores.audit.chain(last.seq - 1, 1)
  const meta = await stores.vault.readMeta()
  if (entry === undefined || meta === null) return
  const mark: AgeMark = { vaultId: meta.vaultId, seq: entry.seq, hash: entry.hash, ended: await stores.sessions.ended() }
  // Always as long: what a kill leaves of a shorter one over a longer one could not be read.
  const text = `${JSON.stringify(mark).padEnd(LENGTH)}\n`
  const file = openSync(path, existsSync(path) ? 'r+' : 'wx', 0o600)
  try {
    writeSync(file, text, 0)
    ftruncateSync(file, text.length)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

const LENGTH = 255

function parse(text: string): AgeMark | null {
  try {
    // A mark of before knows nothing of what was ended.
    const { vaultId, seq, hash, ended = 0 } = JSON.parse(text) as Partial<AgeMark>
    if (typeof vaultId !== 'string' || !Number.isSafeInteger(seq) || typeof hash !== 'string' || !Number.isSafeInteger(ended)) return null
    return { vaultId, seq: Number(seq), hash, ended }
  } catch {
    return null
  }
}
