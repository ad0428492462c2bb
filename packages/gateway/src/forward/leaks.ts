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
  return new Stopper(searcher)
}

/** A class, because an object with a getter of its own costs as much to make as the search of a small answer (measured). */
class Stopper implements LeakStopper {
  found = false
  readonly #searcher: Searcher
  /** Kept back as it came, for the search, and as it goes out. */
  #heldRaw: Uint8Array = NOTHING
  #heldOut: Uint8Array = NOTHING

  constructor(searcher: Searcher) {
    this.#searcher = searcher
  }

  push(chunk: Uint8Array): Uint8Array {
    const known = this.#heldRaw.length
    const bytes = known === 0 ? chunk : joined(this.#heldRaw, chunk)
    const hits = this.#searcher.hits(bytes)
    const tail = this.#searcher.tail(bytes)
    this.#heldRaw = tail === bytes.length ? NOTHING : bytes.slice(tail)
    if (known > 0) bytes.set(this.#heldOut)
    for (let at = 0; at < hits.length; at += 2) bytes.fill(MASK, hits[at], hits[at + 1])
    this.found ||= hits.length > 0
    this.#heldOut = tail === bytes.length ? NOTHING : bytes.slice(tail)
    return tail === bytes.length ? bytes : bytes.subarray(0, tail)
  }

  flush(): Uint8Array {
    const rest = this.#heldOut
    // A character reference may lack its semicolon: the end of the text ends it.
    const hits = rest.length === 0 ? [] : this.#searcher.hits(joined(this.#heldRaw, BLANK))
    for (let at = 0; at < hits.length; at += 2) rest.fill(MASK, hits[at], hits[at + 1])
    this.found ||= hits.length > 0
    this.#heldRaw = NOTHING
    this.#heldOut = NOTHING
    return rest
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
