import type { Readable } from 'node:stream'
import type { BodySource } from '../answer.ts'

/** A Node stream as a body. `length` in bytes, null when it is not known. */
export function streamBody(stream: Readable, length: number | null): BodySource {
  let cancelled = false
  // An error after the last sink is gone must not end the process.
  stream.on('error', () => undefined)
  return {
    length,
    start(sink) {
      stream.on('data', (bytes: Uint8Array) => {
        if (!cancelled && !sink.chunk(bytes)) stream.pause()
      })
      stream.on('end', () => {
        if (!cancelled) sink.end()
      })
      stream.on('error', (cause) => {
        if (!cancelled) sink.fail(cause)
      })
    },
    resume: () => void stream.resume(),
    cancel() {
      cancelled = true
      stream.destroy()
    },
  }
}
