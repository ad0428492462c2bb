export type TargetForm =
  /** A path and query, to be made canonical. */
  | { readonly kind: 'origin'; readonly target: string }
  /** `OPTIONS *`: the server itself. */
  | { readonly kind: 'asterisk' }
  | { readonly kind: 'refused' }

const ABSOLUTE = /^(https?):\/\/([^/?#]*)([^#]*)$/i

/**
 * The four forms of RFC 9112 §3.2 brought down to one. An absolute URI must name scheme and authority as the connection and Host do:
 * a message that names two places is refused, where the RFC would let the target win over Host.
 */
export function readTargetForm(raw: string, at: { readonly method: string; readonly scheme: string; readonly host: string }): TargetForm {
  if (raw.startsWith('/')) return { kind: 'origin', target: raw }
  if (raw === '*') return at.method === 'OPTIONS' ? { kind: 'asterisk' } : REFUSED
  const found = ABSOLUTE.exec(raw)
  if (found === null) return REFUSED
  const [, scheme = '', authority = '', rest = ''] = found
  const port = at.scheme === 'https' ? ':443' : ':80'
  if (scheme.toLowerCase() !== at.scheme || without(authority.toLowerCase(), port) !== without(at.host, port)) return REFUSED
  // RFC 9112 §3.2.1: an empty path is `/` on the wire.
  return { kind: 'origin', target: rest.startsWith('/') ? rest : `/${rest}` }
}

const REFUSED = { kind: 'refused' } as const

function without(host: string, port: string): string {
  return host.endsWith(port) ? host.slice(0, -port.length) : host
}
