import { utf8 } from './text.ts'

/** What a byte is written as, by its value; absent when it stays as it is. */
export type Escape = readonly (Uint8Array | undefined)[]

type Written = (code: number, character: string) => string | undefined

const digits = (code: number, width: number, upper: boolean): string => {
  const text = code.toString(16).padStart(width, '0')
  return upper ? text.toUpperCase() : text
}

/** RFC 3986 §2.1: all but `keep`. Bytes, not characters. */
const percent = (keep: RegExp, upper: boolean, space?: string): Written => {
  return (code, character) => {
    if (code === 0x20 && space !== undefined) return space
    return code < 0x80 && keep.test(character) ? undefined : `%${digits(code, 2, upper)}`
  }
}

const UNRESERVED = /[A-Za-z0-9\-._~]/
/** What encodeURIComponent keeps beyond RFC 3986's unreserved characters. */
const COMPONENT = /[A-Za-z0-9\-._~!'()*]/
/** application/x-www-form-urlencoded (URL standard). */
const FORM = /[A-Za-z0-9\-._*]/
/** RFC 3986 §3.3, less the sub-delimiters that Go's url.PathEscape writes as escapes. */
const GO_SEGMENT = /[A-Za-z0-9\-._~$&+=:@]/

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** RFC 8259 §7; `also` are characters that a writer escapes without need, `unicode` those that it never writes short. */
const json = (also: RegExp | null, upper: boolean, short: Readonly<Record<string, string>> = SHORT): Written => {
  return (code, character) => {
    const known = short[character]
    if (known !== undefined) return known
    return code < 0x20 || (also?.test(character) ?? false) ? `\\u${digits(code, 4, upper)}` : undefined
  }
}

const html = (names: Readonly<Record<string, string>>): Written => {
  return (_code, character) => names[character]
}

const XML = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** One row for each habit of a widespread writer. */
const WRITERS: readonly Written[] = [
  percent(UNRESERVED, true),
  percent(UNRESERVED, false),
  percent(COMPONENT, true),
  percent(COMPONENT, false),
  percent(FORM, true),
  percent(FORM, true, '+'),
  percent(FORM, false, '+'),
  // Python's quote; Go's PathEscape; what keeps letters and digits alone (Rust's NON_ALPHANUMERIC).
  percent(/[A-Za-z0-9\-._~/]/, true),
  percent(GO_SEGMENT, true),
  percent(/[A-Za-z0-9]/, true),
  // An address inside of an address: `?next=` with the query in which the secret was sent.
  (code, character) => (UNRESERVED.test(character) ? undefined : `%25${digits(code, 2, true)}`),
  json(null, false),
  // PHP: the slash too.
  json(null, false, { ...SHORT, '/': '\\/' }),
  // Go, Ruby on Rails: what HTML would read.
  json(/[<>&]/, false),
  // Gson: the padding of base64, too.
  json(/[<>&=']/, false),
  // .NET: whatever is not plainly harmless, in upper case.
  json(/["<>&'+`\u007f-\u00ff]/, true, { ...SHORT, '"': '\\u0022' }),
  // Python, PHP: everything beyond ASCII.
  json(/[\u007f-\u00ff]/, false),
  json(/[\u007f-\u00ff]/, false, { ...SHORT, '/': '\\/' }),
  html(XML),
  html({ ...XML, '"': '&quot;' }),
  html({ ...XML, '"': '&quot;', "'": '&apos;' }),
  html({ ...XML, '"': '&quot;', "'": '&#39;' }),
  html({ ...XML, '"': '&quot;', "'": '&#039;' }),
  html({ ...XML, '"': '&quot;', "'": '&#x27;' }),
  html({ ...XML, '"': '&quot;', "'": '&#x27;', '/': '&#x2F;' }),
  html({ ...XML, '"': '&quot;', "'": '&#x27;', '/': '&#x2F;', '=': '&#x3D;', '`': '&#x60;' }),
  html({ ...XML, '"': '&quot;', "'": '&#x27;', '/': '&#x2F;', '=': '&#x3D;', '`': '&#x60;', '+': '&#x2B;' }),
  // Go's templates, Python's.
  html({ ...XML, '"': '&#34;', "'": '&#39;' }),
  html({ ...XML, '"': '&#34;', "'": '&#39;', '+': '&#43;' }),
]

/** At most 31, so that a number's bits can name any set of them. */
export const ESCAPES: readonly Escape[] = WRITERS.map((writer) =>
  Array.from({ length: 256 }, (_none, code) => {
    const written = writer(code, String.fromCharCode(code))
    return written === undefined ? undefined : utf8(written)
  }),
)

/** Byte → the escapes that write it differently, a bit for each. */
const TOUCHING = Int32Array.from({ length: 256 }, (_none, code) =>
  ESCAPES.reduce((bits, escape, at) => (escape[code] === undefined ? bits : bits | (1 << at)), 0),
)

/** Which escapes would change this value? A bit for each. */
export function escapesTouching(value: Uint8Array): number {
  let bits = 0
  for (const byte of value) bits |= TOUCHING[byte] ?? 0
  return bits
}
