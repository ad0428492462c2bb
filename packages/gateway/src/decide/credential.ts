import { foldName, type HeaderField, isFieldValue } from './headers.ts'
import { needlesOf } from './needles.ts'
import type { OutboundHead } from './outbound.ts'
import { withoutParameter } from './query.ts'
import type { Secret } from './secret.ts'
import { base64, latin1, percentEncode, utf8 } from './text.ts'

/** Where and how a secret goes on a request. Sealed with the secret, so that a changed configuration cannot send it elsewhere. */
export type Placement =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string; readonly prefix: string }
  | { readonly kind: 'query'; readonly name: string }
  /** With `user`, the secret is the password; without, it is `user:password` whole (RFC 7617). */
  | { readonly kind: 'basic'; readonly user: string | null }

/** Reads `bearer`, `header:NAME`, `header:NAME=PREFIX`, `query:NAME`, `basic`, `basic:USER`. Null when it is none of them. */
export function parsePlacement(text: string): Placement | null {
  const colon = text.indexOf(':')
  const kind = colon < 0 ? text : text.slice(0, colon)
  const rest = colon < 0 ? null : text.slice(colon + 1)
  switch (kind) {
    case 'bearer':
      return rest === null ? { kind } : null
    case 'basic':
      return rest === null || /^[^:\p{Cc}]+$/u.test(rest) ? { kind, user: rest } : null
    case 'query':
      return rest !== null && /^[A-Za-z0-9_.~-]+$/.test(rest) ? { kind, name: rest } : null
    case 'header': {
      const [name = '', prefix = ''] = splitOnce(rest ?? '', '=')
      const usable = /^[A-Za-z0-9-]+$/.test(name) && !RESERVED_FIELDS.has(name.toLowerCase()) && isFieldValue(`${prefix}x`)
      return usable ? { kind, name: name.toLowerCase(), prefix } : null
    }
    default:
      return null
  }
}

/** The placement as `parsePlacement` reads it. */
export function formatPlacement(placement: Placement): string {
  switch (placement.kind) {
    case 'bearer':
      return 'bearer'
    case 'header':
      return placement.prefix === '' ? `header:${placement.name}` : `header:${placement.name}=${placement.prefix}`
    case 'query':
      return `query:${placement.name}`
    case 'basic':
      return placement.user === null ? 'basic' : `basic:${placement.user}`
  }
}

/** Puts the secret on a request, after removing every field and parameter that could be taken for it. */
export function place(request: OutboundHead, placement: Placement, secret: Secret): OutboundHead {
  if (placement.kind === 'query') {
    const others = withoutParameter(request.query, placement.name)
    const own = `${percentEncode(utf8(placement.name), QUERY_SAFE)}=${percentEncode(secret.reveal(), QUERY_SAFE)}`
    return { ...request, query: others === '' ? own : `${others}&${own}`, headers: withoutField(request.headers, 'authorization') }
  }
  const name = placement.kind === 'header' ? placement.name : 'authorization'
  const headers = withoutField(request.headers, name)
  headers.push([name, renderedText(placement, secret)])
  return { ...request, headers }
}

/** What must never come back: the secret and the value that was rendered from it, in every spelling. */
export function leaks(placement: Placement, secret: Secret): readonly Uint8Array[] {
  const value = secret.reveal()
  if (placement.kind !== 'basic') return needlesOf([value])
  const written = rendered({ kind: 'basic', user: placement.user }, secret).subarray('Basic '.length)
  // Of a whole pair, an upstream may echo the password alone.
  const colon = placement.user === null ? value.indexOf(COLON) : -1
  return needlesOf(colon < 0 ? [value, written] : [value, value.subarray(colon + 1), written])
}

const COLON = 0x3a
const QUERY_SAFE = /[A-Za-z0-9\-._~]/

/** Fields that frame the message or steer it: a secret there would break the request rather than open the door. */
const RESERVED_FIELDS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'content-type',
  'upgrade',
  'te',
  'trailer',
  'via',
  'expect',
  'keep-alive',
  'accept',
  'accept-encoding',
  'range',
  'if-range',
  'user-agent',
  'x-request-id',
])

function rendered(placement: Exclude<Placement, { kind: 'query' }>, secret: Secret): Uint8Array {
  const value = secret.reveal()
  switch (placement.kind) {
    case 'bearer':
      return joined('Bearer ', value)
    case 'header':
      return joined(placement.prefix, value)
    case 'basic':
      return utf8(`Basic ${base64(placement.user === null ? value : joined(`${placement.user}:`, value))}`)
  }
}

/** The same as text: on every request's way, and without a copy more of the secret than the text itself. */
function renderedText(placement: Exclude<Placement, { kind: 'query' }>, secret: Secret): string {
  switch (placement.kind) {
    case 'bearer':
      return `Bearer ${latin1(secret.reveal())}`
    case 'header':
      // parsePlacement takes visible ASCII only: the same in every coding.
      return placement.prefix + latin1(secret.reveal())
    case 'basic':
      return latin1(rendered(placement, secret))
  }
}

function joined(prefix: string, value: Uint8Array): Uint8Array {
  const start = utf8(prefix)
  const whole = new Uint8Array(start.length + value.length)
  whole.set(start)
  whole.set(value, start.length)
  return whole
}

function withoutField(headers: readonly HeaderField[], name: string): HeaderField[] {
  const folded = foldName(name)
  const others: HeaderField[] = []
  // Folding keeps the length.
  for (const field of headers) if (field[0].length !== folded.length || foldName(field[0]) !== folded) others.push(field)
  return others
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
