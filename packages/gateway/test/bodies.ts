import { Readable } from 'node:stream'
import type { BodySource, RequestBody } from '../src/answer.ts'

/** Reads a body to its end as a door does; rejects when it broke off. */
export function collect(body: BodySource | Uint8Array | null): Promise<Buffer> {
  if (body === null) return Promise.resolve(Buffer.alloc(0))
  if (body instanceof Uint8Array) return Promise.resolve(Buffer.from(body))
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    body.start({
      chunk(bytes) {
        chunks.push(Uint8Array.from(bytes))
        return true
      },
      end: () => resolve(Buffer.concat(chunks)),
      fail: reject,
    })
  })
}

/** A reader in slow motion: takes one chunk, says stop, and goes on when the test says so. */
export interface SlowReader {
  readonly chunks: Buffer[]
  readonly bytes: number
  readonly ended: boolean
  readonly failure: Error | null
  /** Resolves as soon as the condition holds; asked again after every chunk. */
  until(condition: () => boolean): Promise<void>
}

/** Starts a body. `admits(bytes)` says whether to go on after a chunk. */
export function read(body: BodySource, admits: (reader: SlowReader) => boolean = () => true): SlowReader {
  const waiting = new Set<() => void>()
  const changed = (): void => {
    for (const check of waiting) check()
  }
  const reader = {
    chunks: [] as Buffer[],
    bytes: 0,
    ended: false,
    failure: null as Error | null,
    until(condition: () => boolean): Promise<void> {
      if (condition()) return Promise.resolve()
      return new Promise((resolve) => {
        const check = (): void => {
          if (!condition()) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
      })
    },
  }
  body.start({
    chunk(bytes) {
      reader.chunks.push(Buffer.from(bytes))
      reader.bytes += bytes.length
      changed()
      return admits(reader)
    },
    end() {
      reader.ended = true
      changed()
    },
    fail(cause) {
      reader.failure = cause
      changed()
    },
  })
  return reader
}

/** A visitor's body: with `length` as Content-Length would say, without it as chunked. */
export function requestBody(chunks: readonly string[], length: number | null = null): RequestBody {
  return {
    stream: Readable.from(
      chunks.map((chunk) => Buffer.from(chunk)),
      { objectMode: false },
    ),
    length,
  }
}
