import { ESCAPES, type Escape, escapesTouching } from './escapes.ts'
import { utf8, latin1 } from './text.ts'

/** Shorter needles would match by chance in bodies: they are looked for in header fields only, and `secret add` warns. */
export const MIN_BODY_NEEDLE = 12

/** Shorter ones would match by chance everywhere, and are not looked for at all. */
export const MIN_FIELD_NEEDLE = 4

/**
 * Every spelling in which an upstream may echo a secret: raw, escaped as in escapes.ts (JSON, percent, HTML), hexadecimal, and base64 in
 * its three alignments and two alphabets. Without repeats. UTF-16, and spellings that follow no list (numeric HTML entities,
 * quoted-printable), are the search's own: forward/thorough-search.ts. Bytes in one piece of memory, because it is done for every request.
 */
export function needlesOf(values: readonly Uint8Array[]): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  for (const value of values) if (value.length > 0) addSpellings(found, value)
  return found
}

const PLUS = 0x2b
const SLASH = 0x2f
const LOWER_DIGITS = utf8('0123456789abcdef')
const UPPER_DIGITS = utf8('0123456789ABCDEF')
const BASE64_DIGITS = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const URL_DIGITS = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
/** Of one byte in an escape: `&quot;`, `\u0022`. */
const LONGEST_ESCAPE = 6

function addSpellings(found: Uint8Array[], value: Uint8Array): void {
  const touching = escapesTouching(value)
  // As it is, as UTF-8, twice in hexadecimal, six times in base64, and each escape at its longest.
  const memory = new Uint8Array(value.length * (1 + 2 + 4 + 6 * 2 + LONGEST_ESCAPE * bitsIn(touching)) + 6)
  let used = 0
  const keep = (end: number): void => {
    const needle = memory.subarray(used, end)
    if (needle.length === 0 || found.some((known) => isEqual(known, needle))) return
    found.push(needle)
    used = end
  }
  memory.set(value)
  keep(value.length)
  for (let at = 0; at < ESCAPES.length; at++) {
    const escape = ESCAPES[at]
    if (escape !== undefined && (touching & (1 << at)) !== 0) keep(writeEscaped(memory, used, value, escape))
  }
  // An upstream that takes field values for ISO 8859-1 and answers in UTF-8 writes two bytes for one.
  if (value.some((byte) => byte >= 0x80)) {
    const wide = utf8(latin1(value))
    memory.set(wide, used)
    keep(used + wide.length)
  }
  keep(writeHexadecimal(memory, used, value, LOWER_DIGITS))
  keep(writeHexadecimal(memory, used, value, UPPER_DIGITS))
  for (let offset = 0; offset < 3; offset++) {
    const start = used
    const end = writeBase64(memory, start, value, offset, BASE64_DIGITS)
    keep(end)
    const written = memory.subarray(start, end)
    // RFC 4648 §5.
    if (written.includes(PLUS) || written.includes(SLASH)) keep(writeBase64(memory, used, value, offset, URL_DIGITS))
  }
}

/** UTF-16 in either order: a zero between any two bytes, where the one before the first or behind the last need not be looked at. */
export function widened(needle: Uint8Array): Uint8Array {
  const wide = new Uint8Array(2 * needle.length - 1)
  for (let at = 0; at < needle.length; at++) wide[2 * at] = needle[at] ?? 0
  return wide
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

function bitsIn(set: number): number {
  let count = 0
  for (let left = set; left !== 0; left &= left - 1) count++
  return count
}

/** These write from `end` on and return the new end. */
function writeEscaped(memory: Uint8Array, end: number, value: Uint8Array, escape: Escape): number {
  let at = end
  for (const byte of value) {
    const replacement = escape[byte]
    if (replacement === undefined) memory[at++] = byte
    else for (const written of replacement) memory[at++] = written
  }
  return at
}

function writeHexadecimal(memory: Uint8Array, end: number, value: Uint8Array, digits: Uint8Array): number {
  let at = end
  for (const byte of value) {
    memory[at++] = digits[byte >> 4] ?? 0
    memory[at++] = digits[byte & 15] ?? 0
  }
  return at
}

/** Inside a longer base64 text a value begins `offset` bytes into a group of three; only the digits that it alone decides are a needle. */
function writeBase64(memory: Uint8Array, end: number, value: Uint8Array, offset: number, digits: Uint8Array): number {
  const last = Math.floor(((offset + value.length) * 8) / 6)
  let at = end
  for (let digit = Math.ceil((offset * 8) / 6); digit < last; digit++) {
    const bit = digit * 6 - offset * 8
    const pair = ((value[bit >> 3] ?? 0) << 8) | (value[(bit >> 3) + 1] ?? 0)
    memory[at++] = digits[(pair >> (10 - (bit & 7))) & 63] ?? 0
  }
  return at
}
