import { ESCAPES, type Escape, escapesTouching } from './escapes.ts'
import { utf8, latin1 } from './text.ts'

/** Shorter needles would match by chance in bodies: they are looked for in header fields only, and `secret add` warns. */
export const MIN_BODY_NEEDLE = 12

/** Shorter ones would match by chance everywhere, and are not looked for at all. */
export const MIN_FIELD_NEEDLE = 4

/**
 * Every spelling in which an upstream may echo a secret: raw, escaped as in escapes.ts (JSON, percent, HTML), hexadecimal, and base64
 * in its three alignments and two alphabets. Without repeats. Bytes all the way, because it is done for every request.
 */
export function needlesOf(values: readonly Uint8Array[]): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  for (const value of values) {
    if (value.length === 0) continue
    add(found, value.slice())
    const touching = escapesTouching(value)
    for (let at = 0; at < ESCAPES.length; at++) {
      const escape = ESCAPES[at]
      if (escape !== undefined && (touching & (1 << at)) !== 0) add(found, escaped(value, escape))
    }
    // An upstream that takes field values for ISO 8859-1 and answers in UTF-8 writes two bytes for one.
    if (value.some((byte) => byte >= 0x80)) add(found, utf8(latin1(value)))
    add(found, hexadecimal(value, LOWER_DIGITS))
    add(found, hexadecimal(value, UPPER_DIGITS))
    for (let offset = 0; offset < 3; offset++) {
      const standard = base64Core(value, offset)
      add(found, standard)
      if (standard.includes(PLUS) || standard.includes(SLASH)) add(found, urlAlphabet(standard))
    }
  }
  return found
}

const PLUS = 0x2b
const SLASH = 0x2f
const LOWER_DIGITS = utf8('0123456789abcdef')
const UPPER_DIGITS = utf8('0123456789ABCDEF')
const BASE64_DIGITS = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

function add(found: Uint8Array[], needle: Uint8Array): void {
  if (needle.length > 0 && !found.some((known) => isEqual(known, needle))) found.push(needle)
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

function escaped(value: Uint8Array, escape: Escape): Uint8Array {
  let length = 0
  for (const byte of value) length += escape[byte]?.length ?? 1
  const result = new Uint8Array(length)
  let end = 0
  for (const byte of value) {
    const replacement = escape[byte]
    if (replacement === undefined) result[end++] = byte
    else for (const written of replacement) result[end++] = written
  }
  return result
}

function hexadecimal(value: Uint8Array, digits: Uint8Array): Uint8Array {
  const result = new Uint8Array(value.length * 2)
  for (let at = 0; at < value.length; at++) {
    const byte = value[at] ?? 0
    result[2 * at] = digits[byte >> 4] ?? 0
    result[2 * at + 1] = digits[byte & 15] ?? 0
  }
  return result
}

/** Inside a longer base64 text a value begins `offset` bytes into a group of three; only the digits that it alone decides are a needle. */
function base64Core(value: Uint8Array, offset: number): Uint8Array {
  const start = Math.ceil((offset * 8) / 6)
  const end = Math.floor(((offset + value.length) * 8) / 6)
  const result = new Uint8Array(Math.max(0, end - start))
  for (let digit = start; digit < end; digit++) {
    const bit = digit * 6 - offset * 8
    const pair = ((value[bit >> 3] ?? 0) << 8) | (value[(bit >> 3) + 1] ?? 0)
    result[digit - start] = BASE64_DIGITS[(pair >> (10 - (bit & 7))) & 63] ?? 0
  }
  return result
}

/** RFC 4648 §5. */
function urlAlphabet(standard: Uint8Array): Uint8Array {
  return standard.map((digit) => (digit === PLUS ? 0x2d : digit === SLASH ? 0x5f : digit))
}
