/** One way in which a reader undoes what a writer did: where an escape may begin, and what it stands for. */
export interface Reading {
  readonly marker: number
  /** Bytes of the longest escape that is undone. */
  readonly longest: number
  /** Escapes name characters, which are UTF-8 in the text; else they name bytes. */
  readonly namesCharacters: boolean
  /** What begins at `at`: NO_ESCAPE, CUT_OFF when the bytes end inside of one, or its length and code (`lengthOf`, `codeOf`). */
  read(bytes: Uint8Array, at: number): Escape
}

/** A number rather than an object: a page may hold thousands of them. */
export type Escape = number
export const NO_ESCAPE = -1
export const CUT_OFF = -2
/** An escape that stands for nothing. */
export const NOTHING = 0x1f_ffff
const CODE_BITS = 21

export const lengthOf = (escape: Escape): number => escape >> CODE_BITS
export const codeOf = (escape: Escape): number => escape & NOTHING
const escapeOf = (length: number, code: number): Escape => (length << CODE_BITS) | code

const AMPERSAND = 0x26
const SEMICOLON = 0x3b
const HASH = 0x23
const EQUALS = 0x3d
const CR = 0x0d
const LF = 0x0a
const BACKSLASH = 0x5c
const BLANK = 0x20
const TAB = 0x09
/** Of a character reference: `&#`, `x`, digits with some leading zeros, `;`. */
const LONGEST_REFERENCE = 16
const LAST_CHARACTER = 0x10_ffff

/**
 * HTML's character references (HTML §13.2.5.72): `&#65;`, `&#x41;`, with leading zeros, in either case, with or without the semicolon,
 * and the five names that every writer knows, so that a text that mixes them is read, too.
 */
export const REFERENCES: Reading = {
  marker: AMPERSAND,
  longest: LONGEST_REFERENCE,
  namesCharacters: true,
  read(bytes, at) {
    if (at + 1 >= bytes.length) return CUT_OFF
    return bytes[at + 1] === HASH ? readNumber(bytes, at) : readName(bytes, at)
  },
}

/**
 * Quoted-printable (RFC 2045 §6.7): `=3D`, bytes beyond ASCII, `=20` and `=09`, in capitals as the RFC demands, and lines broken by `=` at
 * their end, also where JSON writes the line end as `\r\n`. What a writer need not escape is not undone: `?a=41` is an address, not an A.
 */
export const QUOTED_PRINTABLE: Reading = {
  marker: EQUALS,
  longest: 5,
  namesCharacters: false,
  read(bytes, at) {
    const next = bytes[at + 1]
    if (next === undefined) return CUT_OFF
    if (next === LF) return escapeOf(2, NOTHING)
    if (next === CR) return broken(bytes, at, 2, LF)
    if (next === BACKSLASH) return readEscapedLine(bytes, at)
    const high = capitalDigit(next)
    if (high < 0 || (high > 3 && high < 8) || high === 1) return NO_ESCAPE
    const last = bytes[at + 2]
    if (last === undefined) return CUT_OFF
    const low = capitalDigit(last)
    const code = high * 16 + low
    return low >= 0 && (code >= 0x80 || code === EQUALS || code === BLANK || code === TAB) ? escapeOf(3, code) : NO_ESCAPE
  },
}

function broken(bytes: Uint8Array, at: number, length: number, last: number): Escape {
  const end = bytes[at + length]
  return end === undefined ? CUT_OFF : end === last ? escapeOf(length + 1, NOTHING) : NO_ESCAPE
}

const LETTER_N = 0x6e
const LETTER_R = 0x72
const LETTER_X = 0x78

function readEscapedLine(bytes: Uint8Array, at: number): Escape {
  const letter = bytes[at + 2]
  if (letter === undefined) return CUT_OFF
  if (letter === LETTER_N) return escapeOf(3, NOTHING)
  if (letter !== LETTER_R) return NO_ESCAPE
  if (bytes[at + 3] === undefined) return CUT_OFF
  return bytes[at + 3] === BACKSLASH ? broken(bytes, at, 4, LETTER_N) : NO_ESCAPE
}

function readNumber(bytes: Uint8Array, at: number): Escape {
  const hexadecimal = ((bytes[at + 2] ?? 0) | 0x20) === LETTER_X
  const base = hexadecimal ? 16 : 10
  const start = at + (hexadecimal ? 3 : 2)
  const limit = at + LONGEST_REFERENCE
  let code = 0
  let end = start
  for (; end < bytes.length && end < limit; end++) {
    const value = digit(bytes[end] as number)
    if (value < 0 || value >= base) break
    code = Math.min(code * base + value, LAST_CHARACTER)
  }
  if (end >= bytes.length && end < limit) return CUT_OFF
  if (end === start) return NO_ESCAPE
  return escapeOf((bytes[end] === SEMICOLON ? end + 1 : end) - at, code)
}

/** What `&` and a name stand for, in lower case as every writer has it. */
const NAMES: readonly (readonly [rest: Uint8Array, code: number])[] = [
  [Buffer.from('amp;'), 0x26],
  [Buffer.from('lt;'), 0x3c],
  [Buffer.from('gt;'), 0x3e],
  [Buffer.from('quot;'), 0x22],
  [Buffer.from('apos;'), 0x27],
]

function readName(bytes: Uint8Array, at: number): Escape {
  for (const [rest, code] of NAMES) {
    let matched = 0
    while (matched < rest.length && bytes[at + 1 + matched] === rest[matched]) matched++
    if (matched === rest.length) return escapeOf(1 + matched, code)
    if (at + 1 + matched >= bytes.length) return CUT_OFF
  }
  return NO_ESCAPE
}

/** Of either case; -1 for no digit. */
function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function capitalDigit(byte: number): number {
  return byte >= 0x61 ? -1 : digit(byte)
}
