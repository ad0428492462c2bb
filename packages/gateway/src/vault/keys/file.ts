import { constants } from 'node:fs'
import { open, realpath, type FileHandle } from 'node:fs/promises'
import { dirname, relative, isAbsolute, resolve } from 'node:path'
import { GateError } from '../../errors.ts'
import { systemRandom, type Random } from '../../lib/random.ts'
import { parseKeyText } from './key-text.ts'
import { keyLabel } from './key-label.ts'
import type { KeyProvider } from './provider.ts'
import { unwrapUnder, wrapUnder } from './wrapping.ts'

export interface KeyFileOptions {
  /** Folders that the file must not lie in: a backup of the data, or the website, would carry the key. */
  readonly outside?: readonly string[]
  readonly random?: Random
}

/** The default: 32 bytes in a file that only we can read. The file is opened and judged anew at every use (VLT-04). */
export function fileKey(path: string, options: KeyFileOptions = {}): KeyProvider {
  const random = options.random ?? systemRandom
  return {
    name: 'file',
    warning: null,
    async wrap(root, context) {
      const key = await readKeyFile(path, options.outside ?? [])
      const parameters = JSON.stringify({ key: keyLabel(key) })
      return { wrapped: wrapUnder(key, root, context, random), parameters }
    },
    async unwrap(wrapped, parameters, context) {
      const key = await readKeyFile(path, options.outside ?? [])
      const own = JSON.stringify({ key: keyLabel(key) })
      const advice =
        own === parameters ? `${path} is the right key, but the vault's slot was changed` : `${path} is not the key that closed this vault`
      return unwrapUnder(
        key,
        wrapped,
        context,
        `${advice}; bring the right file or a good backup, or open the vault with the recovery passphrase`,
      )
    },
  }
}

/** Makes a key file, 0600 and durable. Throws when the path is taken or lies in one of the folders in `outside`. */
export async function createKeyFile(path: string, options: KeyFileOptions = {}): Promise<void> {
  await refuseInside(path, await realpath(dirname(resolve(path))), options.outside ?? [])
  const key = (options.random ?? systemRandom)(32)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`${HEADER}\n${key.toString('base64url')}\n`)
    await file.sync()
  } finally {
    key.fill(0)
    await file.close()
  }
  await syncFolder(dirname(resolve(path)))
}

const HEADER = '# Cloakroom key file, format 1. Together with the database it opens the vault: keep copies of the two apart.'

/** No key file is longer; a wrong path must not make us read a disk image. */
const LARGEST = 4096

async function readKeyFile(path: string, outside: readonly string[]): Promise<Buffer> {
  const file = await openKeyFile(path)
  try {
    await refuseExposed(file, path)
    await refuseInside(path, await realpath(path), outside)
    const buffer = Buffer.alloc(LARGEST)
    const { bytesRead } = await file.read(buffer, 0, LARGEST, 0)
    const lines = buffer.toString('latin1', 0, bytesRead).split('\n')
    buffer.fill(0)
    const key = parseKeyText(
      lines
        .filter((line) => !line.startsWith('#'))
        .join('')
        .trim(),
    )
    if (key === null) throw unusable(path, 'does not hold 32 random bytes of key as base64url')
    return key
  } finally {
    await file.close()
  }
}

async function openKeyFile(path: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK, a named pipe in its place would hold up the start.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw new GateError('credential_unavailable', `the key file ${path} cannot be opened; check \`vault.key.file\` and who may read it`, {
      cause,
    })
  }
}

/** Judges the opened file, not the path: between a look and an opening, the path could be pointed elsewhere. */
async function refuseExposed(file: FileHandle, path: string): Promise<void> {
  const found = await file.stat()
  if (!found.isFile()) throw unusable(path, 'is not a file')
  const uid = process.getuid?.()
  // Windows has neither user numbers nor mode bits: who may read is in its access lists.
  if (uid === undefined) return
  if (found.uid !== uid && found.uid !== 0) throw unusable(path, `belongs to user ${found.uid}: chown ${uid} ${path}`)
  if ((found.mode & 0o077) !== 0)
    throw unusable(path, `can be read by others: chmod 600 ${path}, then run \`cloakroom secret rekey --new-key\``)
}

async function refuseInside(path: string, real: string, outside: readonly string[]): Promise<void> {
  for (const folder of outside) {
    const way = relative(await realpath(folder).catch(() => resolve(folder)), real)
    const inside = way === '' || (!way.startsWith('..') && !isAbsolute(way))
    if (inside) throw unusable(path, `lies inside ${folder}, where copies of it are made or served: move it out`)
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function unusable(path: string, because: string): GateError {
  return new GateError('credential_unavailable', `the key file ${path} ${because}`)
}
