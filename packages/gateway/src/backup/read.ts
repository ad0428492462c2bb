import type { KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { type Manifest, openStream, unpackFiles } from './archive.ts'
import { type BackupHeader, LONGEST_HEADER, openKeys, readHeader } from './format.ts'

/**
 * Opens a backup with the key that `unlock` finds for its head, proves every chunk and file of it, and unpacks it into `folder` (0600).
 * Throws GateError: `store_unavailable` when the file is damaged, `credential_unavailable` when the key does not fit.
 */
export async function readBackup(
  path: string,
  folder: string,
  unlock: (header: BackupHeader) => Promise<KeyObject>,
): Promise<{ readonly header: BackupHeader; readonly manifest: Manifest }> {
  const file = await open(path)
  try {
    const start = Buffer.alloc(LONGEST_HEADER)
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    const { header, lines } = readHeader(start.subarray(0, bytesRead))
    const keys = openKeys(await unlock(header), header, lines)
    try {
      return { header, manifest: await unpackFiles(openStream(keys, file, lines.length), folder) }
    } finally {
      keys.key.fill(0)
    }
  } finally {
    await file.close()
  }
}
