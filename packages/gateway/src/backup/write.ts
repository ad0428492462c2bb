import { mkdtempSync, rmSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { KeyObject } from 'node:crypto'
import type { Random } from '../lib/random.ts'
import type { SlotRow } from '../store/store.ts'
import { packFiles, sealStream, unpackFiles, openStream, type Manifest } from './archive.ts'
import { makeHeader } from './format.ts'

export interface BackupJob {
  /** Where the file is to be. */
  readonly path: string
  /** Holds the files to be packed. */
  readonly folder: string
  readonly names: readonly string[]
  readonly key: KeyObject
  readonly vaultId: string
  readonly slots: readonly SlotRow[]
  readonly at: number
  readonly random: Random
}

/**
 * Writes a backup, reads it again to its end, and only then gives it its name: a file of that name is whole, and on the disk. Mode 0600.
 * Throws when it cannot be written; nothing is left then.
 */
export async function writeBackup(job: BackupJob): Promise<{ readonly bytes: number; readonly manifest: Manifest }> {
  const { path, folder, names, key, vaultId, slots, at, random } = job
  const { lines, keys } = makeHeader(key, { vaultId, createdAt: at, slots }, random)
  const partial = `${path}.partial`
  const file = await open(partial, 'wx+', 0o600)
  try {
    await file.writeFile(lines)
    const bytes = lines.length + (await sealStream(packFiles(folder, names, at), keys, file))
    await file.sync()
    const manifest = await unpackFiles(openStream(keys, file, lines.length), null)
    await file.close()
    await rename(partial, path)
    await syncFolder(dirname(path))
    return { bytes, manifest }
  } catch (cause) {
    await file.close()
    await rm(partial, { force: true })
    throw cause
  } finally {
    keys.key.fill(0)
  }
}

/** Runs `work` with a folder of its own in `parent`, 0700, which is gone afterwards. */
export async function inWorkFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(parent, WORK_PREFIX))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a killed backup or restore leaves in the store's folder begins with this. */
export const WORK_PREFIX = '.backup-'

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
