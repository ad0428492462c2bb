import type { Headers } from './headers.ts'
import type { TraceContext } from './trace.ts'

export type RequestId = string
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** All that is known of a request before its body. Built once by a door, never changed. Routing, judgement and forwarding see this one `path`. */
export interface RequestHead {
  readonly id: RequestId
  readonly at: Instant
  /** The visitor's address in canonical text; see client.ts. */
  readonly client: string
  readonly scheme: 'http' | 'https'
  /** The Host field in lower case, port included when it was sent. */
  readonly host: string
  readonly method: string
  /** Canonical: see canonicalTarget. */
  readonly path: string
  /** Without the `?`; as received. Empty when absent. */
  readonly query: string
  readonly headers: Headers
  /** Said by a proxy that the owner trusts; nobody else's word is read. */
  readonly trace?: TraceContext | null
}

export type Target =
  | { readonly kind: 'target'; readonly path: string; readonly query: string }
  | { readonly kind: 'refused'; readonly why: string }

/** RFC 3629 §3: `%C0%AE` is a dot, and `%E0%80%AF` a slash, to a decoder that does not check. */
const OVERLONG = /%C[01]%[89AB]|%E0%[89]|%F0%8/
const UNRESERVED = /[A-Za-z0-9\-._~]/

/**
 * Turns a request target in origin-form (RFC 9112 §3.2.1) into the one spelling of its path that everything after it sees.
 * Percent-encoded unreserved characters are decoded, other escapes get upper-case digits (RFC 3986 §6.2.2). What two servers
 * could read in two ways is refused: dot segments, empty segments, `\`, `;`, encoded slashes, double encoding, control characters.
 * `takesSlash` is asked about a path with an encoded slash inside a segment, and nothing else is ever left to it.
 */
export function canonicalTarget(raw: string, takesSlash: (path: string) => boolean = () => false): Target {
  if (!raw.startsWith('/')) return refused('not in origin-form')
  if (!/^[\x21-\x7e]*$/.test(raw)) return refused('characters outside printable ASCII')
  const mark = raw.indexOf('?')
  const rawPath = mark < 0 ? raw : raw.slice(0, mark)
  const query = mark < 0 ? '' : raw.slice(mark + 1)
  if (raw.includes('#')) return refused('a fragment')
  if (/["<>\\^`{|}]/.test(rawPath)) return refused('a character that RFC 3986 does not allow in a path')
  const path = rawPath.includes('%') ? normaliseEscapes(rawPath) : rawPath
  if (path === null) return refused('a percent sign without two hex digits, or a control character')
  if (path.includes(';')) return refused('path parameters (`;`)')
  // `%2F` and `%5C` separate segments for some servers and not for others; `%25` hides either from one round of decoding.
  if (/%(?:5C|25|3B)/.test(path)) return refused('an encoded backslash, semicolon or percent sign')
  if (OVERLONG.test(path)) return refused('an ASCII character in more bytes than it needs')
  if (path.includes('//')) return refused('an empty segment')
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return refused('a dot segment')
  if (path.includes('%2F')) {
    // To a server that decodes first, `a%2F..` is a dot segment and `a%2F%2Fb` an empty one.
    if (!isPlainDecoded(path)) return refused('a dot segment or an empty segment behind an encoded slash')
    if (!takesSlash(path)) return refused('an encoded slash')
  }
  return { kind: 'target', path, query }
}

/** Are all segments names, also where `%2F` counts as a border? */
function isPlainDecoded(path: string): boolean {
  return !/\/\/|\/\.{1,2}(?:\/|$)/.test(path.replaceAll('%2F', '/')) && !path.endsWith('%2F') && !path.includes('/%2F')
}

function normaliseEscapes(path: string): string | null {
  let bad = false
  const result = path.replaceAll(/%(.{0,2})/g, (_whole, digits: string) => {
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) {
      bad = true
      return ''
    }
    const code = Number.parseInt(digits, 16)
    if (code < 0x20 || code === 0x7f) bad = true
    const character = String.fromCharCode(code)
    return code < 0x80 && UNRESERVED.test(character) ? character : `%${digits.toUpperCase()}`
  })
  return bad ? null : result
}

function refused(why: string): Target {
  return { kind: 'refused', why }
}

/** Does this request want a page? Then a refusal may be a page too; everything else gets problem+json. */
export function isNavigation(head: RequestHead): boolean {
  if (head.method !== 'GET' && head.method !== 'HEAD') return false
  const mode = head.headers.get('sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return head.headers.get('accept')?.includes('text/html') ?? false
}

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** RFC 9110 §9.2.1, less TRACE, which the gateway never takes. */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.includes(method)
}
