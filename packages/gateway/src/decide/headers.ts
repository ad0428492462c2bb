/** One header field: its name in lower case and its value as received. */
export type HeaderField = readonly [name: string, value: string]

/** Header fields of a request, by name in lower case. */
export interface Headers {
  /** The value; several lines of one name are joined as RFC 9110 §5.3 has it (`cookie` by `; `). Null when absent. */
  get(name: string): string | null
  /** Each line's value, in order. */
  all(name: string): readonly string[]
  entries(): readonly HeaderField[]
}

/** Builds Headers from fields in wire order. Names are folded to lower case here and nowhere else. */
export function headersOf(fields: readonly HeaderField[]): Headers {
  return headersFrom(fields.flat())
}

/** The same from names and values in turn, as node:http has them. */
export function headersFrom(flat: readonly string[]): Headers {
  const folded: HeaderField[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) folded.push([(flat[at] as string).toLowerCase(), flat[at + 1] as string])
  return {
    get(name) {
      let found: string | null = null
      for (const field of folded) {
        if (field[0] === name) found = found === null ? field[1] : found + (name === 'cookie' ? '; ' : ', ') + field[1]
      }
      return found
    },
    all: (name) => folded.filter(([own]) => own === name).map(([, value]) => value),
    entries: () => folded,
  }
}

export type Only = { readonly kind: 'absent' } | { readonly kind: 'one'; readonly value: string } | { readonly kind: 'many' }

/** For fields that may appear once: two lines are not a list but a contradiction, and count as an attack. */
export function only(headers: Headers, name: string): Only {
  let value: string | null = null
  for (const field of headers.entries()) {
    if (field[0] !== name) continue
    if (value !== null) return { kind: 'many' }
    value = field[1]
  }
  return value === null ? ABSENT : { kind: 'one', value }
}

const ABSENT: Only = { kind: 'absent' }

/** `X_Forwarded-For` and `x-forwarded-for` are one name to many servers (CVE-2025-64484): compare names in this form. */
export function foldName(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower
}

/** A field value that cannot split a message: visible ASCII, spaces and tabs inside. RFC 9110 §5.5. */
export function isFieldValue(value: string): boolean {
  return FIELD_VALUE.test(value)
}

/** As `isFieldValue`, with the bytes above ASCII that old servers send (obs-text, RFC 9110 §5.5) as ISO 8859-1; may be empty. */
export function isOpaqueValue(value: string): boolean {
  return OPAQUE_VALUE.test(value)
}

/** A field name, RFC 9110 §5.1: a token. */
export function isFieldName(name: string): boolean {
  return FIELD_NAME.test(name)
}

const FIELD_VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/
const OPAQUE_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
