import { type Address, contains, parseRange, type Range } from './ip.ts'

/** IANA special-purpose registries (RFC 6890 and successors): what is not reached across the internet, metadata services included. */
const PRIVATE: readonly Range[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '100::/64',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
  '64:ff9b:1::/48',
]
  .map(parseRange)
  .filter((range) => range !== null)

/** IPv6 prefixes that carry an IPv4 address: where it begins, in bytes. NAT64 (RFC 6052), 6to4 (RFC 3056), IPv4-compatible (RFC 4291). */
const CARRYING: readonly { readonly range: Range; readonly at: number }[] = [
  { range: '64:ff9b::/96', at: 12 },
  { range: '2002::/16', at: 2 },
  { range: '::/96', at: 12 },
].flatMap(({ range, at }) => {
  const parsed = parseRange(range)
  return parsed === null ? [] : [{ range: parsed, at }]
})

/** Does this address lead into somebody's own network or machine? Also when it is an IPv4 address in IPv6 dress. */
export function isPrivate(address: Address): boolean {
  if (contains(PRIVATE, address)) return true
  const carrying = CARRYING.find(({ range }) => contains([range], address))
  return carrying !== undefined && contains(PRIVATE, mapped(address.subarray(carrying.at, carrying.at + 4)))
}

function mapped(four: Uint8Array): Address {
  const address = new Uint8Array(16)
  address[10] = address[11] = 0xff
  address.set(four, 12)
  return address
}
