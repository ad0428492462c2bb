import { isIPv4 } from 'node:net'
import { RE2JS } from 're2js'
import { emptyType } from './empty-type.ts'
import { parseAddress, parseRange } from '../decide/ip.ts'

export type ListKind = 'cidr' | 'glob' | 'text' | 'asn'

/** A list of guard.yaml, ready to be asked. */
export interface NamedList {
  readonly kind: ListKind
  readonly size: number
  holds(value: string | bigint): boolean
}

export type Read<T> =
  | { readonly kind: 'list'; readonly value: T }
  | { readonly kind: 'problem'; readonly text: string; readonly entry: number }

/** What the language calls each kind, and what it can hold. */
export const LIST_TYPES: Readonly<
  Record<ListKind, { readonly name: string; readonly ctor: new () => object; readonly of: 'string' | 'int' }>
> = {
  cidr: { name: 'List.cidr', ctor: emptyType(), of: 'string' },
  glob: { name: 'List.glob', ctor: emptyType(), of: 'string' },
  text: { name: 'List.text', ctor: emptyType(), of: 'string' },
  asn: { name: 'List.asn', ctor: emptyType(), of: 'int' },
}

/** The library tells types by their constructors. */
function named(kind: ListKind, size: number, holds: NamedList['holds']): NamedList {
  return Object.assign(new LIST_TYPES[kind].ctor(), { kind, size, holds })
}

/** Addresses and ranges, IPv4 and IPv6, mapped forms equal. A look-up is a binary search: a hundred thousand ranges cost seventeen steps. */
export function cidrList(entries: readonly string[]): Read<NamedList> {
  const spans: { readonly from: bigint; readonly to: bigint }[] = []
  for (const [entry, text] of entries.entries()) {
    const range = parseRange(text.trim())
    if (range === null)
      return { kind: 'problem', entry, text: 'This is neither an address nor a range, or it has bits beyond its prefix length' }
    const from = numberOf(range.address)
    spans.push({ from, to: from + (1n << BigInt(128 - range.bits)) - 1n })
  }
  const { starts, ends } = merged(spans)
  const narrow = narrowed(starts, ends)
  return {
    kind: 'list',
    value: named('cidr', entries.length, (value) => {
      if (typeof value !== 'string') return false
      if (isIPv4(value)) return holdsV4(narrow, value)
      const address = parseAddress(value)
      return address !== null && holdsBig(starts, ends, numberOf(address))
    }),
  }
}

/** Paths: `*` stands for any characters of one segment, `**` for any segments. Linear time, whatever is on the list. */
export function globList(patterns: readonly string[]): Read<NamedList> {
  for (const [entry, pattern] of patterns.entries()) {
    if (pattern === '' || pattern.length > 256) return { kind: 'problem', entry, text: 'A pattern has 1 to 256 characters' }
  }
  const any = patterns.length === 0 ? null : RE2JS.compile(`^(?:${patterns.map(globSource).join('|')})$`)
  return {
    kind: 'list',
    value: named('glob', patterns.length, (value) => typeof value === 'string' && (any?.matches(value.slice(0, 4096)) ?? false)),
  }
}

export function textList(entries: readonly string[]): Read<NamedList> {
  const all = new Set(entries)
  return { kind: 'list', value: named('text', all.size, (value) => typeof value === 'string' && all.has(value)) }
}

export function asnList(entries: readonly (string | number)[]): Read<NamedList> {
  const all = new Set<bigint>()
  for (const [entry, text] of entries.entries()) {
    const digits = /^(?:AS)?(\d{1,10})$/i.exec(String(text).trim())?.[1]
    if (digits === undefined) return { kind: 'problem', entry, text: 'This is no number of a network, as in 64500 or AS64500' }
    all.add(BigInt(digits))
  }
  return { kind: 'list', value: named('asn', all.size, (value) => typeof value === 'bigint' && all.has(value)) }
}

function globSource(pattern: string): string {
  return pattern
    .split(/(\/\*\*\/|\*\*|\*)/)
    .map((part) => (part === '/**/' ? '/(?:.*/)?' : part === '**' ? '.*' : part === '*' ? '[^/]*' : RE2JS.quote(part)))
    .join('')
}

function merged(spans: readonly { readonly from: bigint; readonly to: bigint }[]): {
  readonly starts: readonly bigint[]
  readonly ends: readonly bigint[]
} {
  const starts: bigint[] = []
  const ends: bigint[] = []
  for (const { from, to } of spans.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = ends.length - 1
    const end = ends[last]
    if (end !== undefined && from <= end + 1n) {
      if (to > end) ends[last] = to
    } else {
      starts.push(from)
      ends.push(to)
    }
  }
  return { starts, ends }
}

const V4_FIRST = 0xffff_0000_0000n
const V4_LAST = 0xffff_ffff_ffffn

interface Narrow {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

/** The part of the ranges that is IPv4, in 32 bits: most visitors come from there. */
function narrowed(starts: readonly bigint[], ends: readonly bigint[]): Narrow {
  const own = starts.flatMap((from, at) => {
    const to = ends[at] ?? from
    return to < V4_FIRST || from > V4_LAST
      ? []
      : [[from < V4_FIRST ? 0n : from - V4_FIRST, to > V4_LAST ? 0xffff_ffffn : to - V4_FIRST] as const]
  })
  return { starts: Uint32Array.from(own, ([from]) => Number(from)), ends: Uint32Array.from(own, ([, to]) => Number(to)) }
}

function holdsV4({ starts, ends }: Narrow, text: string): boolean {
  let address = 0
  let part = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x2e) {
      address = address * 256 + part
      part = 0
    } else part = part * 10 + code - 0x30
  }
  address = address * 256 + part
  const at = lastAtMost(starts, address)
  return at >= 0 && address <= (ends[at] ?? -1)
}

function holdsBig(starts: readonly bigint[], ends: readonly bigint[], address: bigint): boolean {
  const at = lastAtMost(starts, address)
  return at >= 0 && address <= (ends[at] ?? -1n)
}

/** The last place whose value is at most `wanted`; -1 when there is none. */
function lastAtMost<T extends number | bigint>(values: ArrayLike<T>, wanted: T): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as T) <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}

function numberOf(address: Uint8Array): bigint {
  let value = 0n
  for (const byte of address) value = (value << 8n) | BigInt(byte)
  return value
}
