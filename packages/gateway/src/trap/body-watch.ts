import { EventEmitter } from 'node:events'
import type { RequestBody } from '../answer.ts'
import type { RequestHead } from '../decide/head.ts'

/** Of a body its beginning is searched: what costs something must be bounded, and whoever sends a key sends it early. */
const SEARCHED_BYTES = 65_536
/** A mark may lie across two chunks. */
const OVERLAP = 256

/**
 * Looks at a body as it goes by: nothing waits for it, and nothing is kept back. Bodies that are no text, or compressed, are not searched.
 * `look` is called with pieces of text that overlap.
 */
export function watchBody(body: RequestBody, head: RequestHead, look: (text: string) => void): void {
  if (!isSearchable(head)) return
  let seen = 0
  let tail = ''
  const { stream } = body
  const onData = (chunk: unknown): void => {
    if (!(chunk instanceof Uint8Array) || seen >= SEARCHED_BYTES) return
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, SEARCHED_BYTES - seen))
    seen += bytes.length
    const text = tail + bytes.toString('latin1')
    tail = text.slice(-OVERLAP)
    look(text)
  }
  // The stream's own `on` would set it flowing before its reader is there.
  EventEmitter.prototype.on.call(stream, 'data', onData)
}

function isSearchable({ headers }: RequestHead): boolean {
  const coding = headers.get('content-encoding')
  if (coding !== null && coding !== 'identity') return false
  const type = headers.get('content-type') ?? ''
  return (
    type === '' ||
    /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml)|application\/(?:x-www-form-urlencoded|graphql|x-ndjson)|multipart\/form-data)/i.test(
      type,
    )
  )
}
