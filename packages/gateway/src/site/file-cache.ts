import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { limited } from '../lib/limited.ts'
import { openApproved } from './file-body.ts'
import { isSameFile } from './locate.ts'
import type { Encoding } from './negotiate.ts'

/** A file that is small enough to be kept whole. */
export interface KeptFile {
  readonly content: Uint8Array
  /** Strong: made of the content, so that every machine that serves the same file gives it the same tag. */
  readonly etag: string
  /** Its compressed form, made once; null when it would not be smaller or too many wait for theirs. */
  encoded(encoding: 'br' | 'gzip'): Promise<Uint8Array | null>
}

export interface FileCache {
  /** Null when another file has the place of the approved one by now. */
  read(path: string, approved: BigIntStats): Promise<KeptFile | null>
}

/** Larger files are streamed from the disk. Bundles are smaller; what is larger is a film. */
export const MOST_KEPT_BYTES = 4_194_304
const TOTAL_BYTES = 67_108_864

interface Kept {
  readonly stat: BigIntStats
  readonly file: Promise<KeptFile | null>
  bytes: number
}

/** Keeps small files and their compressed forms in memory, the least recently used go first. A file that changed is read anew. */
export function createFileCache(totalBytes = TOTAL_BYTES): FileCache {
  const kept = new Map<string, Kept>()
  let total = 0

  function forget(path: string): void {
    total -= kept.get(path)?.bytes ?? 0
    kept.delete(path)
  }

  function grow(path: string, entry: Kept, bytes: number): void {
    if (kept.get(path) !== entry) return
    entry.bytes += bytes
    total += bytes
    for (const oldest of kept.keys()) {
      if (total <= totalBytes) return
      forget(oldest)
    }
  }

  return {
    read(path, approved) {
      const found = kept.get(path)
      if (found !== undefined) kept.delete(path)
      if (found !== undefined && isSameFile(found.stat, approved)) {
        kept.set(path, found)
        return found.file
      }
      total -= found?.bytes ?? 0
      const entry: Kept = { stat: approved, bytes: 0, file: load(path, approved, (bytes) => grow(path, entry, bytes)) }
      kept.set(path, entry)
      // What could not be read must not stay: the next request tries again.
      entry.file.then(
        (file) => (file === null && kept.get(path) === entry ? forget(path) : undefined),
        () => (kept.get(path) === entry ? forget(path) : undefined),
      )
      return entry.file
    },
  }
}

async function load(path: string, approved: BigIntStats, grow: (bytes: number) => void): Promise<KeptFile | null> {
  const handle = await openApproved(path, approved)
  if (handle === null) return null
  try {
    const content = await handle.readFile()
    // It changed between the look and the end of reading: half of it may be old.
    if (!isSameFile(await handle.stat({ bigint: true }), approved)) return null
    grow(content.length)
    return keptFile(content, grow)
  } finally {
    await handle.close()
  }
}

function keptFile(content: Uint8Array, grow: (bytes: number) => void): KeptFile {
  const made = new Map<Encoding, Promise<Uint8Array | null>>()
  return {
    content,
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`,
    encoded(encoding) {
      let form = made.get(encoding)
      if (form === undefined) {
        form = compress(content, encoding).then(
          (bytes) => {
            if (bytes.length >= content.length) return null
            grow(bytes.length)
            return bytes
          },
          () => {
            made.delete(encoding)
            return null
          },
        )
        made.set(encoding, form)
      }
      return form
    },
  }
}

const brotli = promisify(brotliCompress)
const gzipped = promisify(gzip)
/** Two at once leave threads for passwords; whoever finds fifty waiting gets the file as it is. */
const turns = limited(2, 50, () => new Error('too many files are being compressed'))

function compress(content: Uint8Array, encoding: 'br' | 'gzip'): Promise<Uint8Array> {
  return turns.run(() => {
    if (encoding === 'gzip') return gzipped(content, { level: 6 })
    // 5: nine tenths of what 11 saves, in a fiftieth of its time.
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT } = constants
    return brotli(content, {
      params: { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_SIZE_HINT]: content.length, [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT },
    })
  })
}
