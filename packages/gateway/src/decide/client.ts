import type { Headers } from './headers.ts'
import { contains, formatAddress, parseAddress, type Range } from './ip.ts'

/** Who is at the other end of the socket. */
export interface Peer {
  readonly address: string
  /** The socket itself is TLS. */
  readonly secure: boolean
}

export interface Client {
  readonly address: string
  readonly scheme: 'http' | 'https'
}

/**
 * The visitor's address and scheme. Forwarded fields count only when the socket's peer is a proxy that the owner named;
 * then the list is walked from the right, because everything left of the last trusted hop was written by a stranger.
 */
export function clientOf(peer: Peer, headers: Headers, trusted: readonly Range[]): Client {
  const own = parseAddress(withoutZone(peer.address))
  // A peer without a readable address (a closed socket) is nobody's proxy.
  if (own === null) return { address: peer.address, scheme: peer.secure ? 'https' : 'http' }
  if (trusted.length === 0 || !contains(trusted, own)) return { address: formatAddress(own), scheme: peer.secure ? 'https' : 'http' }
  let hop = own
  for (const spelled of forwardedFor(headers).toReversed()) {
    const next = parseAddress(spelled)
    if (next === null) break
    hop = next
    if (!contains(trusted, hop)) break
  }
  return { address: formatAddress(hop), scheme: peer.secure ? 'https' : forwardedScheme(headers) }
}

function forwardedFor(headers: Headers): readonly string[] {
  return (headers.get('x-forwarded-for') ?? '')
    .split(',')
    .map((part) => withoutPort(part.trim()))
    .filter((part) => part !== '')
}

/** Some proxies write the port too. Unread, all visitors would be one, the proxy, and one of them could use up the counters of all. */
function withoutPort(spelled: string): string {
  const found = /^(?:(\d+(?:\.\d+){3})|\[([0-9A-Fa-f:.]+)\])(?::\d{1,5})?$/.exec(spelled)
  return found === null ? spelled : (found[1] ?? found[2] ?? spelled)
}

function forwardedScheme(headers: Headers): 'http' | 'https' {
  // The nearest proxy appends on the right; only its word counts.
  const last = headers.get('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase()
  return last === 'https' ? 'https' : 'http'
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}
