import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Which client certificates may call. Every other one is refused, also of the same authority (RFC 8705 §2, ASVS 12.3.5). */
export interface ClientCertificatePins {
  /** SHA-256 fingerprints, 64 hex digits, colons allowed. */
  readonly sha256?: readonly string[]
  /** URI names in the certificate, such as a SPIFFE id. Compared whole. */
  readonly uris?: readonly string[]
}

/** Did the peer show a certificate that the server's authorities vouch for, that is valid now and that is pinned? `now` is in Unix seconds. */
export function admitsClientCertificate(socket: Socket, pins: ClientCertificatePins, now: number): boolean {
  // `authorized` is false without a verified chain; a pin on the name alone would trust whoever wrote the certificate.
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false
  const { fingerprint256, subjectaltname, valid_from, valid_to } = socket.getPeerCertificate()
  if (typeof fingerprint256 !== 'string') return false
  // A kept-alive connection outlives the handshake that looked at the dates.
  if (Date.parse(valid_from) > now * 1000 || Date.parse(valid_to) <= now * 1000) return false
  const fingerprints = pins.sha256?.map(bareHex) ?? []
  return fingerprints.includes(bareHex(fingerprint256)) || uriNames(subjectaltname).some((uri) => pins.uris?.includes(uri) === true)
}

function bareHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}

// Node quotes a name that holds a comma (CVE-2021-44532). A quoted one is not taken apart: it is not one of ours.
function uriNames(names: string | undefined): readonly string[] {
  if (names === undefined || names.includes('"')) return []
  return names.split(', ').flatMap((name) => (name.startsWith('URI:') ? [name.slice(4)] : []))
}
