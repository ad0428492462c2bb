import { isIPv4, isIPv6 } from 'node:net'

/** The value of a NameConstraints extension (RFC 5280 §4.2.1.10), DER: the authority may vouch for these names and addresses and no others. */
export function permittedNames(hosts: readonly string[]): Uint8Array {
  const subtrees = hosts.map((host) => der(0x30, baseName(host)))
  return der(0x30, der(0xa0, concatenated(subtrees)))
}

export const NAME_CONSTRAINTS_OID = '2.5.29.30'

/** GeneralName: a DNS name stands for itself and all below it, an address with its mask; `127.0.0.1` stands for all of 127/8. */
function baseName(host: string): Uint8Array {
  if (host === '127.0.0.1') return der(0x87, Uint8Array.of(127, 0, 0, 0, 255, 0, 0, 0))
  if (isIPv4(host)) return der(0x87, Uint8Array.of(...host.split('.').map(Number), 255, 255, 255, 255))
  if (isIPv6(host)) return der(0x87, concatenated([bytesOfIPv6(host), new Uint8Array(16).fill(255)]))
  return der(0x82, new TextEncoder().encode(host))
}

function bytesOfIPv6(address: string): Uint8Array {
  // The URL parser knows every spelling; what it gives back is hex groups with at most one `::`.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [left = '', right] = plain.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const known = [...groups(left), ...groups(right ?? '')]
  const zeros = Array.from({ length: 8 - known.length }, () => '0')
  const all = right === undefined ? known : [...groups(left), ...zeros, ...groups(right)]
  return Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]))
}

function der(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return concatenated([Uint8Array.of(tag, ...size), content])
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
