import type { Searcher } from './search.ts'

/** Searches a body that comes in pieces. What goes out has every leak overwritten; one that lies across a border is never let out in part. */
export interface LeakStopper {
  /** A leak was seen. */
  readonly found: boolean
  /** Takes the next piece over (it is overwritten in place) and returns what may go on; may be empty. */
  push(chunk: Uint8Array): Uint8Array
  /** The body is over: what was kept back. */
  flush(): Uint8Array
}

/** `*`: stands in any text, JSON strings and URLs included, and keeps the length. */
const MASK = 0x2a
const NOTHING = new Uint8Array(0)
const BLANK = Uint8Array.of(0x20)

/**
 * Keeps back only the end of a piece that could be the beginning of a leak, so that an event of a stream goes on as it comes.
 * Whatever the borders, what goes out is the same as if the whole body had been searched at once.
 */
export function createLeakStopper(searcher: Searcher): LeakStopper {
  let found = false
  /** Kept back as it came, for the search, and as it goes out. */
  let heldRaw: Uint8Array = NOTHING
  let heldOut: Uint8Array = NOTHING

  return {
    get found() {
      return found
    },
    push(chunk) {
      const known = heldRaw.length
      const bytes = known === 0 ? chunk : joined(heldRaw, chunk)
      const hits = searcher.hits(bytes)
      const tail = searcher.tail(bytes)
      heldRaw = tail === bytes.length ? NOTHING : bytes.slice(tail)
      if (known > 0) bytes.set(heldOut)
      for (let at = 0; at < hits.length; at += 2) bytes.fill(MASK, hits[at], hits[at + 1])
      found ||= hits.length > 0
      heldOut = tail === bytes.length ? NOTHING : bytes.slice(tail)
      return tail === bytes.length ? bytes : bytes.subarray(0, tail)
    },
    flush() {
      const rest = heldOut
      // A character reference may lack its semicolon: the end of the text ends it.
      const hits = rest.length === 0 ? [] : searcher.hits(joined(heldRaw, BLANK))
      for (let at = 0; at < hits.length; at += 2) rest.fill(MASK, hits[at], hits[at + 1])
      found ||= hits.length > 0
      heldRaw = NOTHING
      heldOut = NOTHING
      return rest
    },
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
