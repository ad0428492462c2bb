import type { Searcher } from './search.ts'

/** Looks for the secret in the messages of one connection, piece by piece. */
export interface FrameSearch {
  /** What may go on of a message; null when the secret is in it: then nothing may. `last` ends the message. */
  message(piece: Uint8Array, last: boolean): Uint8Array | null
  /** Is a control frame's payload free of it? */
  admits(payload: Uint8Array): boolean
}

const NOTHING = new Uint8Array(0)
const BLANK = Uint8Array.of(0x20)

/**
 * Keeps back, within a message, only the end that could be the beginning of the secret, so that no part of it leaves before all of it is
 * known. A message that is over goes on whole; it is remembered for as long as the next could complete what it began.
 */
export function createFrameSearch(searcher: Searcher | null): FrameSearch {
  /** The end of what was seen that could be a beginning, and how much of it has gone out with an earlier message. */
  let kept: Uint8Array = NOTHING
  let gone = 0
  if (searcher === null) return { message: (piece) => piece, admits: () => true }

  return {
    message(piece, last) {
      const bytes = kept.length === 0 ? piece : Buffer.concat([kept, piece])
      if (searcher.hits(bytes).length > 0) return null
      const tail = searcher.tail(bytes)
      // As for a body: what ends a message also ends a character reference without its semicolon.
      if (last && tail < bytes.length && searcher.hits(Buffer.concat([bytes.subarray(tail), BLANK])).length > 0) return null
      const out = bytes.subarray(gone, last ? bytes.length : Math.max(gone, tail))
      gone = last ? bytes.length - tail : Math.max(0, gone - tail)
      kept = tail === bytes.length ? NOTHING : bytes.slice(tail)
      return out
    },
    admits: (payload) => searcher.hits(Buffer.concat([payload, BLANK])).length === 0,
  }
}
