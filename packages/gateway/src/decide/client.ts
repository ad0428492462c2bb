import type { Headers } from './headers.ts'
import { type Address, contains, formatAddress, parseAddress, type Range } from './ip.ts'

/** Who is at the other end of the socket: the same for all requests of a connection. */
export interface Peer {
  readonly client: Client
  /** Null without a readable one (a closed socket): nobody's proxy. */
  readonly address: Address | null
}

export interface Client {
  readonly address: string
  readonly scheme: 'http' | 'https'
}

/** `secure`: the socket itself is TLS. */
export function readPeer(spelled: string, secure: boolean): Peer {
  const address = parseAddress(withoutZone(spelled))
  return { client: { address: address === null ? spelled : formatAddress(address), scheme: secure ? 'https' : 'http' }, address }
}

/**
 * The visitor's address and scheme. Forwarded fields count only when the socket's peer is a proxy that the owner named;
 * then the list is walked from the right, because everything left of the last trusted hop was written by a stranger.
 */
export function clientOf(peer: Peer, headers: Headers, trusted: readonly Range[]): Client {
  if (peer.address === null || !isTrusted(peer, trusted)) return peer.client
  let hop = peer.address
  for (const spelled of forwardedFor(headers).toReversed()) {
    const next = parseAddress(spelled)
    if (next === null) break
    hop = next
    if (!contains(trusted, hop)) break
  }
  return { address: formatAddress(hop), scheme: peer.client.scheme === 'https' ? 'https' : forwardedScheme(headers) }
}

/** Is the socket's other end a proxy that the owner named? */
export function isTrusted(peer: Peer, trusted: readonly Range[]): boolean {
  return trusted.length > 0 && peer.address !== null && contains(trusted, peer.address)
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
