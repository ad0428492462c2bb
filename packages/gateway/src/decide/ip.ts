/** An address as 16 bytes: IPv4 in its mapped form `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2), so that both spellings are equal. */
export type Address = Uint8Array

export interface Range {
  readonly address: Address
  /** Of 128; an IPv4 prefix counts 96 more. */
  readonly bits: number
}

const V4_MAPPED_BITS = 96

/** Reads an IPv4 or IPv6 address, brackets and zone not allowed. Null when it is neither. */
export function parseAddress(text: string): Address | null {
  const plain = text.includes(':') ? readV6(text) : readV4(text)
  return plain
}

/** Reads `ADDRESS` or `ADDRESS/BITS`. Null when it is neither, or when bits beyond the prefix are set. */
export function parseRange(text: string): Range | null {
  const [spelled = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(spelled)
  if (address === null || rest.length > 0) return null
  const offset = spelled.includes(':') ? 0 : V4_MAPPED_BITS
  if (prefix === undefined) return { address, bits: 128 }
  if (!/^\d{1,3}$/.test(prefix)) return null
  const bits = Number(prefix) + offset
  if (bits > 128) return null
  return { address: masked(address, bits), bits }
}

/** Is the address in one of the ranges? */
export function contains(ranges: readonly Range[], address: Address): boolean {
  return ranges.some((range) => sameBits(masked(address, range.bits), range.address))
}

/** Have the two ranges an address in common? */
export function overlap(one: Range, other: Range): boolean {
  const bits = Math.min(one.bits, other.bits)
  return sameBits(masked(one.address, bits), masked(other.address, bits))
}

/** Canonical text: dotted for IPv4 and mapped IPv4, RFC 5952 for IPv6. */
export function formatAddress(address: Address): string {
  if (isV4(address)) return address.subarray(12).join('.')
  const groups: number[] = []
  for (let at = 0; at < 16; at += 2) groups.push(((address[at] ?? 0) << 8) | (address[at + 1] ?? 0))
  const run = longestZeroRun(groups)
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return run.length < 2 ? hex(groups) : `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`
}

/** Whom to count as one: an IPv4 address, an IPv6 /64 (one customer has 2^64 addresses; CVE-2026-45364). */
export function networkOf(text: string): string {
  if (!text.includes(':')) return text
  const address = parseAddress(text)
  if (address === null || isV4(address)) return text
  return `${formatAddress(masked(address, 64))}/64`
}

/** What one customer may hold at most: an IPv6 /48 (RFC 6177), which is 65,536 networks. Null for IPv4, where an address is all. */
export function customerOf(text: string): string | null {
  const address = parseAddress(text)
  return address === null || isV4(address) ? null : `${formatAddress(masked(address, 48))}/48`
}

/** Whose network it may be: an IPv4 /24, an IPv6 /48. Providers hand out a /48 to whoever asks, with 65,536 of /64 in it. */
export function siteOf(text: string): string {
  const address = parseAddress(text)
  if (address === null) return text
  return isV4(address) ? `${formatAddress(masked(address, 96 + 24))}/24` : `${formatAddress(masked(address, 48))}/48`
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: Address): boolean {
  return isV4(address) ? address[12] === 127 : address.every((byte, at) => byte === (at === 15 ? 1 : 0))
}

function isV4(address: Address): boolean {
  return address.every((byte, at) => at >= 12 || byte === (at < 10 ? 0 : 0xff))
}

function readV4(text: string): Address | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const address = new Uint8Array(16)
  address[10] = address[11] = 0xff
  for (const [at, part] of parts.entries()) {
    // No leading zeros: some parsers read them as octal.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    address[12 + at] = Number(part)
  }
  return address
}

function readV6(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const left = readGroups(halves[0] ?? '')
  const right = halves.length === 2 ? readGroups(halves[1] ?? '') : []
  if (left === null || right === null) return null
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...left, ...Array.from({ length: missing }, () => 0), ...right]
  const address = new Uint8Array(16)
  for (const [at, group] of groups.entries()) {
    address[at * 2] = group >> 8
    address[at * 2 + 1] = group & 0xff
  }
  return address
}

function readGroups(text: string): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    const dotted = at === parts.length - 1 && part.includes('.') ? readV4(part) : null
    if (dotted !== null) {
      groups.push(((dotted[12] ?? 0) << 8) | (dotted[13] ?? 0), ((dotted[14] ?? 0) << 8) | (dotted[15] ?? 0))
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return null
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

function masked(address: Address, bits: number): Address {
  return address.map((byte, at) => {
    const keep = Math.min(8, Math.max(0, bits - at * 8))
    return byte & (0xff << (8 - keep)) & 0xff
  })
}

function sameBits(one: Address, other: Address): boolean {
  return one.every((byte, at) => byte === other[at])
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0
    while (groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}
