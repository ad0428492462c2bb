import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CHUNK, type FileKeys, nonceOf, TAG, unusable } from './format.ts'

/** What is in a backup, in this order. It stands before the files, inside of what is sealed. */
export interface Manifest {
  readonly format: 1
  readonly createdAt: number
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[]
}

/** The manifest (its length in four bytes, then JSON), then the files, one behind the other. */
export async function* packFiles(folder: string, names: readonly string[], createdAt: number): AsyncGenerator<Buffer> {
  const files: Manifest['files'][number][] = []
  for (const name of names) {
    const hash = createHash('sha256')
    for await (const bytes of readFile(join(folder, name))) hash.update(bytes)
    files.push({ name, size: (await stat(join(folder, name))).size, sha256: hash.digest('hex') })
  }
  const manifest = Buffer.from(JSON.stringify({ format: 1, createdAt, files } satisfies Manifest))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(manifest.length)
  yield Buffer.concat([length, manifest])
  for (const name of names) yield* readFile(join(folder, name))
}

/** The inverse of `packFiles`: writes the files into `folder`, or with null only reads them. Throws GateError when anything does not fit. */
export async function unpackFiles(chunks: AsyncIterable<Buffer>, folder: string | null): Promise<Manifest> {
  const source = pull(chunks)
  const length = (await source.take(4)).readUInt32BE(0)
  if (length > LONGEST_MANIFEST) throw unusable('the backup’s list of files is too long')
  const manifest = readManifest(await source.take(length))
  for (const { name, size, sha256 } of manifest.files) {
    const hash = createHash('sha256')
    const file = folder === null ? null : await open(join(folder, name), 'wx', 0o600)
    try {
      for (let left = size; left > 0;) {
        const bytes = await source.take(Math.min(left, CHUNK))
        hash.update(bytes)
        await file?.writeFile(bytes)
        left -= bytes.length
      }
      await file?.sync()
    } finally {
      await file?.close()
    }
    if (hash.digest('hex') !== sha256) throw unusable(`${name} in the backup is not what was put in`)
  }
  if (!(await source.isEmpty())) throw unusable('the backup holds more than its list of files says')
  return manifest
}

/** Seals a stream into `to`, chunk by chunk. How many bytes were written. */
export async function sealStream(plain: AsyncIterable<Buffer>, { key, context }: FileKeys, to: FileHandle): Promise<number> {
  let number = 0
  let written = 0
  let waiting = Buffer.alloc(0)
  const put = async (chunk: Buffer, isLast: boolean): Promise<void> => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number++, isLast))
    cipher.setAAD(context)
    const sealed = Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
    await to.writeFile(sealed)
    written += sealed.length
  }
  for await (const bytes of plain) {
    waiting = Buffer.concat([waiting, bytes])
    // The last chunk is known only at the end: one stays behind, however full.
    while (waiting.length > CHUNK) {
      await put(waiting.subarray(0, CHUNK), false)
      waiting = waiting.subarray(CHUNK)
    }
  }
  await put(waiting, true)
  return written
}

/** Opens what stands in `from` behind `start`, chunk by chunk. Nothing of a chunk is given out before it is proven. */
export async function* openStream({ key, context }: FileKeys, from: FileHandle, start: number): AsyncGenerator<Buffer> {
  const { size } = await from.stat()
  for (let at = start, number = 0; number === 0 || at < size; number++) {
    const sealed = Buffer.alloc(Math.min(CHUNK + TAG, size - at))
    await readFully(from, sealed, at)
    at += sealed.length
    yield openChunk(sealed, key, context, number, at >= size)
  }
}

function openChunk(sealed: Buffer, key: Buffer, context: Buffer, number: number, isLast: boolean): Buffer {
  if (sealed.length < TAG) throw unusable('the backup was cut off')
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, isLast))
  decipher.setAAD(context)
  decipher.setAuthTag(sealed.subarray(-TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG)), decipher.final()])
  } catch (cause) {
    throw unusable(`the backup is damaged: ${isLast ? 'it was cut off, or ' : ''}its part ${number + 1} is not what was written`, cause)
  }
}

const LONGEST_MANIFEST = 64 * 1024

function readManifest(bytes: Buffer): Manifest {
  const found = JSON.parse(bytes.toString('utf8')) as Manifest
  // Sealed by us; a name is used as a path all the same.
  const fits = (found.format as number) === 1 && found.files.every(({ name }) => /^[a-z]+\.sqlite$/.test(name))
  if (!fits) throw unusable('the backup was made by a newer version')
  return found
}

async function* readFile(path: string): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function readFully(file: FileHandle, into: Buffer, position: number): Promise<void> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await file.read(into, at, into.length - at, position + at)
    if (bytesRead === 0) throw unusable('the backup was cut off while it was read')
    at += bytesRead
  }
}

interface Pull {
  /** Exactly so many bytes. */
  take(length: number): Promise<Buffer>
  isEmpty(): Promise<boolean>
}

function pull(chunks: AsyncIterable<Buffer>): Pull {
  const iterator = chunks[Symbol.asyncIterator]()
  let held = Buffer.alloc(0)
  const more = async (): Promise<boolean> => {
    const next = await iterator.next()
    if (next.done === true) return false
    held = Buffer.concat([held, next.value])
    return true
  }
  return {
    async take(length) {
      while (held.length < length) if (!(await more())) throw unusable('the backup holds less than its list of files says')
      const taken = held.subarray(0, length)
      held = held.subarray(length)
      return taken
    },
    async isEmpty() {
      while (held.length === 0) if (!(await more())) return true
      return false
    },
  }
}
