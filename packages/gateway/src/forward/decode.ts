import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  type BrotliDecompress,
  type Gunzip,
  type Inflate,
  type InflateRaw,
  type ZstdDecompress,
} from 'node:zlib'
import type { BodySource } from '../answer.ts'
import { GateError } from '../errors.ts'

export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'

/** The coding that a Content-Encoding field names (RFC 9110 §8.4.1), its lines joined. `identity` when none is left, null when it is not one that we can undo. */
export function codingOf(value: string | null): Coding | 'identity' | null {
  if (value === null) return 'identity'
  const named = value
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '' && part !== 'identity')
  const [only] = named
  if (only === undefined) return 'identity'
  // Layers of codings multiply the ratio of a bomb, and no API has a use for them.
  if (named.length > 1) return null
  switch (only) {
    case 'gzip':
    case 'x-gzip':
      return 'gzip'
    case 'deflate':
    case 'br':
    case 'zstd':
      return only
    default:
      return null
  }
}

/** Text that repeats itself a lot comes to 50 or 100; deflate's bombs to 1000, brotli's to far more. */
const MAX_RATIO = 200
/** Below this a ratio says nothing. */
const FREE_BYTES = 1_048_576

type Decoder = Gunzip | Inflate | InflateRaw | BrotliDecompress | ZstdDecompress

/** The body without its coding. Bounded in ratio and, by `maxBytes`, in size; an unreadable one breaks off. */
export function decoded(source: BodySource, coding: Coding, maxBytes: number | null): BodySource {
  let decoder: Decoder | null = null
  let taken = 0
  let given = 0
  let over = false

  return {
    length: null,
    start(sink) {
      const fail = (cause: Error): void => {
        if (over) return
        over = true
        decoder?.destroy()
        source.cancel(cause)
        sink.fail(cause)
      }
      const open = (first: Uint8Array): Decoder => {
        const opened = openDecoder(coding, first)
        opened.on('data', (bytes: Buffer) => {
          if (over) return
          given += bytes.length
          if (maxBytes !== null && given > maxBytes)
            return fail(new GateError('answer_too_large', `more than ${maxBytes} bytes when decoded`))
          if (given > FREE_BYTES && given > taken * MAX_RATIO)
            return fail(new GateError('answer_too_large', `decodes to more than ${MAX_RATIO} times its size`))
          if (!sink.chunk(bytes)) opened.pause()
        })
        opened.on('drain', () => source.resume())
        opened.on('error', (cause) => fail(new GateError('upstream_invalid', `not ${coding} as it says`, { cause })))
        opened.on('end', () => {
          if (over) return
          over = true
          sink.end()
        })
        return opened
      }
      source.start({
        chunk(bytes) {
          if (bytes.length === 0) return true
          decoder ??= open(bytes)
          taken += bytes.length
          return decoder.write(bytes)
        },
        end() {
          if (decoder !== null) decoder.end()
          else if (!over) {
            over = true
            sink.end()
          }
        },
        fail,
      })
    },
    resume() {
      decoder?.resume()
    },
    cancel(reason) {
      if (over) return
      over = true
      decoder?.destroy()
      source.cancel(reason)
    },
  }
}

function openDecoder(coding: Coding, first: Uint8Array): Decoder {
  switch (coding) {
    case 'gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    case 'zstd':
      // RFC 9659: as a content coding, a window of at most 8 MiB.
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } })
    case 'deflate':
      // RFC 9110 §8.4.1.2 means the zlib format; some servers send it bare.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()
  }
}
