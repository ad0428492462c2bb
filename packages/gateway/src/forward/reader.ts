import { codeOf, CUT_OFF, lengthOf, NO_ESCAPE, NOTHING, type Reading } from './readings.ts'
import type { Searcher } from './search.ts'

/** A search through what a reader would make of the bytes. Answers in places of the bytes themselves. */
export type ReadSearch = Pick<Searcher, 'hits' | 'tail'>

/**
 * Undoes one kind of escape and looks for the needles there. Only what an escape can be part of is read: the surroundings of each, as far
 * as the longest needle reaches. A text without escapes costs one look for the marker.
 */
export function searchRead(reading: Reading, searcher: Searcher): ReadSearch {
  return {
    hits(bytes) {
      let found: number[] | null = null
      for (let at = nextEscape(bytes, reading, 0); at < bytes.length;) {
        const stretch = readStretch(bytes, reading, searcher.longest, at)
        for (const place of searcher.hits(stretch.text)) (found ??= []).push(originOf(stretch, place))
        stretch.text.fill(0)
        at = nextEscape(bytes, reading, stretch.end)
      }
      return found ?? NO_HITS
    },
    tail(bytes) {
      // No beginning of a needle is longer than this, whatever its characters were written as.
      for (let at = nextEscape(bytes, reading, bytes.length - searcher.longest * reading.longest); at < bytes.length;) {
        const stretch = readStretch(bytes, reading, searcher.longest, at)
        const tail = originOf(stretch, searcher.tail(stretch.text))
        stretch.text.fill(0)
        if (stretch.end === bytes.length) return tail
        at = nextEscape(bytes, reading, stretch.end)
      }
      return bytes.length
    },
  }
}

const NO_HITS: readonly number[] = []

interface Stretch {
  /** As it reads. Valid until the next stretch is read. */
  readonly text: Uint8Array
  readonly begin: number
  /** Where in the bytes it ends: at their end, too, when they cut an escape off there. */
  readonly end: number
  /** Where in the bytes the text ends. */
  readonly last: number
  /** How many escapes were undone; `places` says where. */
  readonly escapes: number
}

/** Both are reused. What is read may be the secret: it is overwritten with zeros after each look. */
let scratch = new Uint8Array(16_384)
/** For each escape the place in the text and the place in the bytes behind it. */
let places = new Int32Array(1024)

/** From a needle's length before an escape to a needle's length behind the last one that follows closely. */
function readStretch(bytes: Uint8Array, reading: Reading, longest: number, first: number): Stretch {
  const begin = Math.max(0, first - longest)
  const { marker } = reading
  let at = begin
  let used = 0
  let escapes = 0
  let limit = Math.min(bytes.length, first + longest)
  makeRoom(0, limit - begin)
  let into = scratch
  while (at < limit) {
    const byte = bytes[at] as number
    // Before the first escape there is none, or what looks like one is the end of another.
    const escape = byte === marker && at >= first ? reading.read(bytes, at) : NO_ESCAPE
    if (escape === NO_ESCAPE) {
      into[used++] = byte
      at++
      continue
    }
    // Nothing behind it can be read, and where it begins is where the text ends.
    if (escape === CUT_OFF) return { text: scratch.subarray(0, used), begin, end: bytes.length, last: at, escapes }
    at += lengthOf(escape)
    limit = Math.min(bytes.length, at + longest)
    makeRoom(used, limit - at + 4)
    used = write(used, codeOf(escape), reading.namesCharacters)
    into = scratch
    if (2 * escapes + 2 > places.length) places = twice(places)
    places[2 * escapes] = used
    places[2 * escapes + 1] = at
    escapes++
  }
  return { text: scratch.subarray(0, used), begin, end: at, last: at, escapes }
}

/** Where what stands at `place` of the text begins in the bytes. */
function originOf({ text, begin, last, escapes }: Stretch, place: number): number {
  if (place === text.length) return last
  let known = escapes - 1
  while (known >= 0 && (places[2 * known] as number) > place) known--
  return known < 0 ? begin + place : (places[2 * known + 1] as number) + place - (places[2 * known] as number)
}

/** The next marker that begins an escape, whole or cut off; the length of the bytes when there is none. */
function nextEscape(bytes: Uint8Array, reading: Reading, from: number): number {
  const { marker } = reading
  for (let at = Math.max(0, from); at < bytes.length; at++) {
    // By hand where markers are frequent, as in addresses; a call costs as much as some dozen bytes.
    const near = Math.min(bytes.length, at + NEAR)
    while (at < near && bytes[at] !== marker) at++
    if (at === near && near < bytes.length) at = bytes.indexOf(marker, near)
    if (at < 0 || at >= bytes.length) return bytes.length
    if (reading.read(bytes, at) !== NO_ESCAPE) return at
  }
  return bytes.length
}

const NEAR = 24

/** Writes a character or a byte behind `used`; the new end. */
function write(used: number, code: number, asCharacter: boolean): number {
  if (code === NOTHING) return used
  if (!asCharacter || code < 0x80) {
    scratch[used] = code
    return used + 1
  }
  return used + UTF8.encodeInto(String.fromCodePoint(code), scratch.subarray(used)).written
}

const UTF8 = new TextEncoder()

function makeRoom(used: number, more: number): void {
  if (used + more <= scratch.length) return
  const larger = new Uint8Array(2 * (used + more))
  larger.set(scratch.subarray(0, used))
  scratch.fill(0)
  scratch = larger
}

function twice(known: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * known.length)
  larger.set(known)
  return larger
}
