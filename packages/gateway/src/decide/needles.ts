import { base64, hex, latin1, percentEncode } from './text.ts'

/** Shorter secrets would match by chance in bodies: they are looked for in header fields only, and `secret add` warns. */
export const MIN_BODY_NEEDLE = 12

const UNRESERVED = /[A-Za-z0-9\-._~]/
/** What encodeURIComponent keeps beyond RFC 3986's unreserved characters. */
const COMPONENT = /[A-Za-z0-9\-._~!'()*]/
const FORM = /[A-Za-z0-9\-._*]/

/**
 * Every spelling in which an upstream may echo a secret: raw, JSON-escaped, percent-encoded (three habits, two cases), HTML-escaped,
 * hexadecimal, and base64 in its three alignments and two alphabets. Without repeats.
 */
export function needlesOf(values: readonly Uint8Array[]): readonly Uint8Array[] {
  const spelled = new Set<string>()
  for (const value of values) for (const text of spellings(value)) spelled.add(text)
  spelled.delete('')
  return [...spelled].map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0)))
}

function spellings(value: Uint8Array): string[] {
  const raw = latin1(value)
  const lower = hex(value)
  const json = escapeJson(raw)
  return [
    raw,
    json,
    json.replaceAll('/', '\\/'),
    ...[UNRESERVED, COMPONENT, FORM].flatMap((keep) => [percentEncode(value, keep), percentEncode(value, keep, false)]),
    percentEncode(value, FORM).replaceAll('%20', '+'),
    ...escapeHtml(raw),
    lower,
    lower.toUpperCase(),
    ...base64Alignments(value),
  ]
}

/** RFC 8259 §7; what JSON.stringify does to text, over bytes taken as characters. */
function escapeJson(raw: string): string {
  return raw.replaceAll(/["\\\u0000-\u001f]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    const short = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function escapeHtml(raw: string): string[] {
  const escape = (names: Readonly<Record<string, string>>): string =>
    raw.replaceAll(/[&<>"'/=`+]/g, (character) => names[character] ?? character)
  const common = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return [
    escape(common),
    escape({ ...common, "'": '&#39;' }),
    escape({ ...common, "'": '&#x27;', '/': '&#x2F;' }),
    escape({ ...common, '"': '&#34;', "'": '&#39;' }),
    escape({ ...common, "'": '&#x27;', '/': '&#x2F;', '=': '&#x3D;', '`': '&#x60;', '+': '&#x2B;' }),
  ]
}

/** Inside a longer base64 text a value starts at one of three offsets; only the characters that it alone decides are a needle. */
function base64Alignments(value: Uint8Array): string[] {
  const found: string[] = []
  for (const offset of [0, 1, 2]) {
    const shifted = new Uint8Array(offset + value.length)
    shifted.set(value, offset)
    const text = base64(shifted)
    const start = Math.ceil((offset * 8) / 6)
    const end = Math.floor((shifted.length * 8) / 6)
    const core = text.slice(start, end)
    found.push(core, core.replaceAll('+', '-').replaceAll('/', '_'))
    shifted.fill(0)
  }
  return found
}
