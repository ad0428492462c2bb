import { widened } from '../decide/needles.ts'
import { type ReadSearch, searchRead } from './reader.ts'
import type { Reading } from './readings.ts'
import { type Searcher, searcherOf } from './search.ts'

export interface ThoroughOptions {
  /** Bytes of the shortest spelling, UTF-16 included: shorter ones would be met by chance. */
  readonly least: number
}

/** A search that can look at a text as its reader would. */
export interface ThoroughSearch extends Searcher {
  /** As this, and through what a reader makes of the text once he has undone its writer's escapes. Wiped with this one. */
  as(readings: readonly Reading[]): Searcher
}

/** Finds the needles as they are, and in UTF-16. Hits are in no order. Null when all of them are too short. */
export function thoroughSearch(needles: readonly Uint8Array[], { least }: ThoroughOptions): ThoroughSearch | null {
  const narrow = searcherOf(needles.filter((needle) => needle.length >= least))
  const forWide = needles.filter((needle) => 2 * needle.length - 1 >= least)
  if (narrow === null && forWide.length === 0) return null
  const longest = Math.max(narrow?.longest ?? 0, ...forWide.map((needle) => 2 * needle.length - 1))
  let wide: { readonly needles: readonly Uint8Array[]; readonly searcher: Searcher | null } | null = null

  /** Made when a zero is seen for the first time: almost no body holds one, and none needs this before. */
  function wideSearch(): Searcher | null {
    if (wide === null) {
      const made = forWide.map(widened)
      wide = { needles: made, searcher: searcherOf(made) }
    }
    return wide.searcher
  }

  /** Where the end begins that could be the beginning of a wide needle: without a zero, that is one byte at most. */
  function wideTail(bytes: Uint8Array): number {
    if (bytes.includes(0, Math.max(0, bytes.length - longest))) return wideSearch()?.tail(bytes) ?? bytes.length
    const last = bytes.at(-1)
    return forWide.some((needle) => needle[0] === last) ? bytes.length - 1 : bytes.length
  }

  const own: Searcher = {
    longest,
    hits(bytes) {
      const found = narrow?.hits(bytes) ?? NO_HITS
      return bytes.includes(0) ? both(found, wideSearch()?.hits(bytes) ?? NO_HITS) : found
    },
    tail: (bytes) => Math.min(narrow?.tail(bytes) ?? bytes.length, wideTail(bytes)),
    wipe() {
      narrow?.wipe()
      wide?.searcher?.wipe()
      for (const needle of wide?.needles ?? []) needle.fill(0)
      wide = null
    },
  }
  /** By the list itself: there are three of them. */
  const asRead = new Map<readonly Reading[], Searcher>()
  return {
    ...own,
    as(readings) {
      if (narrow === null || readings.length === 0) return own
      let known = asRead.get(readings)
      if (known === undefined) {
        known = joined(
          own,
          readings.map((reading) => searchRead(reading, narrow)),
        )
        asRead.set(readings, known)
      }
      return known
    },
  }
}

function joined(own: Searcher, read: readonly ReadSearch[]): Searcher {
  return {
    ...own,
    hits: (bytes) => read.reduce((found, each) => both(found, each.hits(bytes)), own.hits(bytes)),
    tail: (bytes) => read.reduce((least, each) => Math.min(least, each.tail(bytes)), own.tail(bytes)),
  }
}

const NO_HITS: readonly number[] = []

function both(one: readonly number[], other: readonly number[]): readonly number[] {
  if (other.length === 0) return one
  return one.length === 0 ? other : [...one, ...other]
}
