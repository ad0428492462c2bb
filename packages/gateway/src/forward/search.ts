import { GateError } from '../errors.ts'

/** Finds any of a set of byte strings. Derived from a secret: `wipe` it when it is no longer needed. */
export interface Searcher {
  /** Bytes of the longest needle. */
  readonly longest: number
  /** Every occurrence, overlapping ones too: start and end (exclusive) in turn. */
  hits(bytes: Uint8Array): readonly number[]
  /** Where the longest end of `bytes` begins that could be the beginning of a needle; `bytes.length` when none could. */
  tail(bytes: Uint8Array): number
  wipe(): void
}

/** Pairs of bytes are looked up by 12 bits of them: the table stays in the processor's first cache. */
const PAIRS = 4096
const NO_HITS: readonly number[] = []

/** Tables that were wiped, to be used again: making one costs ten times as much as filling it (1 µs). */
const SPARE: Uint8Array[] = []
const SPARES = 64

/**
 * Wu and Manber's search for several needles at once (TR-94-17): looks at two bytes, and skips nearly the shortest needle's length
 * when no needle holds them there. Needles shorter than two bytes are ignored; null when none is left.
 */
export function searcherOf(needles: readonly Uint8Array[]): Searcher | null {
  const usable = needles.filter((needle) => needle.length >= 2)
  if (usable.length === 0) return null
  let shortest = Number.MAX_SAFE_INTEGER
  let longest = 0
  for (const { length } of usable) {
    shortest = Math.min(shortest, length)
    longest = Math.max(longest, length)
  }
  // First how far to skip for each pair, then which bytes begin a needle.
  let table: Uint8Array | null = SPARE.pop() ?? new Uint8Array(PAIRS + 256)
  fill(table, usable, shortest)
  const live = (): Uint8Array => {
    if (table === null) throw new GateError('internal', 'a search went on after its secret was released')
    return table
  }

  return {
    longest,
    hits(bytes) {
      const skips = live()
      let found: number[] | null = null
      let at = shortest - 1
      while (at < bytes.length) {
        const skip = skips[(((bytes[at - 1] as number) << 5) ^ (bytes[at] as number)) & (PAIRS - 1)] as number
        if (skip > 0) {
          at += skip
          continue
        }
        const start = at - shortest + 1
        const end = longestMatch(usable, bytes, start)
        if (end > start) (found ??= []).push(start, end)
        at++
      }
      return found ?? NO_HITS
    },
    tail(bytes) {
      const firsts = live()
      for (let start = Math.max(0, bytes.length - longest + 1); start < bytes.length; start++) {
        if (firsts[PAIRS + (bytes[start] as number)] === 1 && beginsNeedle(usable, bytes, start)) return start
      }
      return bytes.length
    },
    wipe() {
      if (table === null) return
      table.fill(0)
      if (SPARE.length < SPARES) SPARE.push(table)
      table = null
    },
  }
}

/** How far the search may move on when it sees a pair: to where a needle could hold it next. */
function fill(table: Uint8Array, needles: readonly Uint8Array[], shortest: number): void {
  table.fill(Math.min(shortest - 1, 255), 0, PAIRS)
  for (const needle of needles) {
    for (let at = 1; at < shortest; at++) {
      const pair = (((needle[at - 1] as number) << 5) ^ (needle[at] as number)) & (PAIRS - 1)
      const skip = shortest - 1 - at
      if (skip < (table[pair] as number)) table[pair] = skip
    }
    table[PAIRS + (needle[0] as number)] = 1
  }
}

/** The end of the longest needle that stands at `start`; `start` itself when none does. */
function longestMatch(needles: readonly Uint8Array[], bytes: Uint8Array, start: number): number {
  let end = start
  for (const needle of needles) {
    if (start + needle.length > end && start + needle.length <= bytes.length && holds(needle, bytes, start, needle.length)) {
      end = start + needle.length
    }
  }
  return end
}

/** Is the rest of `bytes` the beginning of a needle, but not a whole one? */
function beginsNeedle(needles: readonly Uint8Array[], bytes: Uint8Array, start: number): boolean {
  const length = bytes.length - start
  return needles.some((needle) => needle.length > length && holds(needle, bytes, start, length))
}

function holds(needle: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (bytes[start + at] !== needle[at]) return false
  return true
}
