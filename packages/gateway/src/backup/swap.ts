import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SWAP_MARK } from '../store/swap-mark.ts'
import { syncFolder, WORK_PREFIX } from './write.ts'

/** What belongs to a store: databases with what SQLite lays beside them, and the trail's JSON lines. */
export function storeFilesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => /^(?:hot|durable|decisions)\.sqlite(?:-wal|-shm|-journal)?$|^audit\.jsonl$/.test(name))
}

/**
 * Puts the files of `from` in the place of the store in `folder`; what was there goes into `aside`. All of it or, when it is killed on the
 * way, a folder that no gateway opens until it is done again. `stillFree` is asked once no gateway can begin any more.
 */
export async function swapStore(folder: string, from: string, aside: string, stillFree: () => boolean): Promise<'done' | 'in-use'> {
  const mark = join(folder, SWAP_MARK)
  writeFileSync(mark, 'A restore is under way. If it was killed, run `cloakroom backup restore … --replace` again.\n', { mode: 0o600 })
  await syncFolder(folder)
  if (!stillFree()) {
    rmSync(mark)
    return 'in-use'
  }
  const old = storeFilesIn(folder)
  if (old.length > 0) mkdirSync(aside, { mode: 0o700 })
  for (const name of old) renameSync(join(folder, name), join(aside, name))
  for (const name of storeFilesIn(from)) renameSync(join(from, name), join(folder, name))
  await syncFolder(folder)
  rmSync(mark)
  await syncFolder(folder)
  return 'done'
}

/** Deletes what a killed backup or restore left. Only while nobody else has the store open. */
export function clearLeftovers(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) if (name.startsWith(WORK_PREFIX)) rmSync(join(folder, name), { recursive: true, force: true })
}
