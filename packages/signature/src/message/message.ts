/** One field line as it came over the wire: the name in any case, the value untouched. A repeated field is several lines. */
export type FieldLine = readonly [name: string, value: string]

/** A request as the signature sees it. `path` and `query` are the bytes of the request target, never decoded or normalised again. */
export interface RequestMessage {
  readonly kind: 'request'
  readonly method: string
  /** Null where a TLS terminator in front makes it unknowable. `@scheme` and `@target-uri` then cannot be covered. */
  readonly scheme: 'http' | 'https' | null
  /** Host with port, as the Host field or `:authority` says it. */
  readonly authority: string
  readonly path: string
  /** Without the leading `?`; null when there is none. */
  readonly query: string | null
  readonly fields: readonly FieldLine[]
  readonly trailers?: readonly FieldLine[]
}

/** A response, with the request it answers when components of that are covered by `;req` (RFC 9421 §2.4). */
export interface ResponseMessage {
  readonly kind: 'response'
  readonly status: number
  readonly fields: readonly FieldLine[]
  readonly trailers?: readonly FieldLine[]
  readonly request: RequestMessage | null
}

export type Message = RequestMessage | ResponseMessage

/** Builds a request message from a full URL. The URL parser normalises the path, so a signer must send `url.href` as it is. */
export function requestTo(url: URL | string, method: string, fields: readonly FieldLine[] = []): RequestMessage {
  const target = typeof url === 'string' ? new URL(url) : url
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw new TypeError(`Not an HTTP address: ${target.protocol}`)
  return {
    kind: 'request',
    method,
    scheme: target.protocol === 'https:' ? 'https' : 'http',
    authority: target.host,
    path: target.pathname,
    query: target.search === '' ? null : target.search.slice(1),
    fields,
  }
}

/** Splits an origin-form request target (RFC 9112 §3.2.1). Null for every other form: what is not a path is not signed as one. */
export function splitTarget(target: string): { readonly path: string; readonly query: string | null } | null {
  if (!target.startsWith('/') || target.includes('#')) return null
  const mark = target.indexOf('?')
  return mark === -1 ? { path: target, query: null } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}
