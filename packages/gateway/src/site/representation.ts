import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { BodySource } from '../answer.ts'
import type { RequestHead } from '../decide/head.ts'
import type { ContentType } from './content-type.ts'
import { type FileCache, MOST_KEPT_BYTES } from './file-cache.ts'
import { fileBody, openApproved } from './file-body.ts'
import type { Located } from './locate.ts'
import { chooseEncoding, type Encoding } from './negotiate.ts'

/** One form of a file, ready to be sent. */
export interface Representation {
  readonly encoding: Encoding | null
  readonly etag: string
  readonly modifiedAt: number
  readonly length: number
  /** Bytes `first` to `last`. To be called once, or `close` instead. */
  body(first: number, last: number): Uint8Array | BodySource
  close(): Promise<void>
}

export interface RepresentationOptions {
  readonly cache: FileCache
  /** Looks for a neighbour: the same name with `.br`, `.zst` or `.gz` behind it. */
  readonly neighbour: (suffix: string) => Located
}

const SUFFIX: Readonly<Record<Encoding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' }
const ENCODINGS: readonly Encoding[] = ['br', 'zstd', 'gzip']
/** Below this the head is most of the answer. */
const LEAST_BYTES = 1024

interface File {
  readonly path: string
  readonly stat: BigIntStats
}

/** Picks the form that the browser asked for: a compressed neighbour, one made here, or the file as it is. Null: the file is gone or changing. */
export async function chooseRepresentation(
  file: File,
  type: ContentType,
  head: RequestHead,
  options: RepresentationOptions,
): Promise<Representation | null> {
  if (!type.compressible) return await plain(file, options.cache)
  const accept = head.headers.get('accept-encoding')
  const neighbours = accept === null ? [] : ENCODINGS.flatMap((encoding) => neighbourOf(file, encoding, options))
  const chosen = chooseEncoding(
    accept,
    neighbours.map((found) => found.encoding),
  )
  const neighbour = neighbours.find((found) => found.encoding === chosen)
  if (neighbour !== undefined) {
    const form = await plain(neighbour.file, options.cache)
    if (form !== null)
      return { ...form, encoding: neighbour.encoding, etag: tagged(form.etag, neighbour.encoding), modifiedAt: secondsOf(file.stat) }
  }
  const encoding = chooseEncoding(accept, ['br', 'gzip'])
  if ((encoding !== 'br' && encoding !== 'gzip') || file.stat.size < LEAST_BYTES || file.stat.size > MOST_KEPT_BYTES)
    return await plain(file, options.cache)
  const kept = await options.cache.read(file.path, file.stat)
  if (kept === null) return null
  const encoded = await kept.encoded(encoding)
  return encoded === null ? inMemory(kept.content, kept.etag, file, null) : inMemory(encoded, tagged(kept.etag, encoding), file, encoding)
}

/** A neighbour that is older than its file was made of something else. */
function neighbourOf(
  file: File,
  encoding: Encoding,
  { neighbour }: RepresentationOptions,
): readonly { readonly encoding: Encoding; readonly file: File }[] {
  const found = neighbour(SUFFIX[encoding])
  return found.kind === 'file' && found.stat.mtimeNs >= file.stat.mtimeNs ? [{ encoding, file: found }] : []
}

async function plain(file: File, cache: FileCache): Promise<Representation | null> {
  if (file.stat.size <= MOST_KEPT_BYTES) {
    const kept = await cache.read(file.path, file.stat)
    return kept === null ? null : inMemory(kept.content, kept.etag, file, null)
  }
  const handle = await openApproved(file.path, file.stat)
  return handle === null ? null : onDisk(handle, file)
}

function inMemory(content: Uint8Array, etag: string, file: File, encoding: Encoding | null): Representation {
  return {
    encoding,
    etag,
    modifiedAt: secondsOf(file.stat),
    length: content.length,
    body: (first, last) => (first === 0 && last === content.length - 1 ? content : content.subarray(first, last + 1)),
    close: () => Promise.resolve(),
  }
}

/** Reading a film to name it would take longer than sending it: size and time to the nanosecond stand for its content. */
function onDisk(handle: FileHandle, { stat }: File): Representation {
  return {
    encoding: null,
    etag: `"${stat.size.toString(36)}-${stat.mtimeNs.toString(36)}"`,
    modifiedAt: secondsOf(stat),
    length: Number(stat.size),
    body: (first, last) => fileBody(handle, stat, first, last),
    close: () => handle.close(),
  }
}

/** RFC 9110 §8.8.3: two forms of one file are two representations, and their tags differ. */
function tagged(etag: string, encoding: Encoding): string {
  return `${etag.slice(0, -1)}-${encoding}"`
}

function secondsOf(stat: BigIntStats): number {
  return Math.floor(Number(stat.mtimeMs) / 1000) * 1000
}
