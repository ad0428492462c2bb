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
  const folded = fields.map(([name, value]): HeaderField => [name.toLowerCase(), value])
  return {
    get(name) {
      let found: string | null = null
      for (const [own, value] of folded) {
        if (own === name) found = found === null ? value : found + (name === 'cookie' ? '; ' : ', ') + value
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
  for (const [own, text] of headers.entries()) {
    if (own !== name) continue
    if (value !== null) return { kind: 'many' }
    value = text
  }
  return value === null ? { kind: 'absent' } : { kind: 'one', value }
}

/** `X_Forwarded-For` and `x-forwarded-for` are one name to many servers (CVE-2025-64484): compare names in this form. */
export function foldName(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower
}

/** A field value that cannot split a message: visible ASCII, spaces and tabs inside. RFC 9110 §5.5. */
export function isFieldValue(value: string): boolean {
  return /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/.test(value)
}

/** As `isFieldValue`, with the bytes above ASCII that old servers send (obs-text, RFC 9110 §5.5) as ISO 8859-1; may be empty. */
export function isOpaqueValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}

/** A field name, RFC 9110 §5.1: a token. */
export function isFieldName(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)
}
