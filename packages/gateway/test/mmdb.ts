/** Writes a database in MaxMind's format (its specification 2.0): IPv6 tree, 24-bit records, one map for each network. */
export function makeMmdb(networks: Readonly<Record<string, unknown>>, type: string): Buffer {
  type Child = number | { readonly data: number } | null
  const nodes: [Child, Child][] = [[null, null]]
  const parts: Buffer[] = []
  let size = 0
  for (const [network, value] of Object.entries(networks)) {
    const encoded = encode(value)
    const offset = size
    parts.push(encoded)
    size += encoded.length
    const bits = bitsOf(network)
    let node = 0
    for (const [depth, bit] of bits.entries()) {
      const pair = nodes[node] ?? [null, null]
      if (depth === bits.length - 1) pair[bit] = { data: offset }
      else {
        const child = pair[bit]
        if (typeof child === 'number') node = child
        else {
          nodes.push([null, null])
          pair[bit] = nodes.length - 1
          node = nodes.length - 1
        }
      }
    }
  }
  const count = nodes.length
  const record = (child: Child): number => (child === null ? count : typeof child === 'number' ? child : count + 16 + child.data)
  const tree = Buffer.concat(
    nodes.map(([left, right]) => {
      const node = Buffer.alloc(6)
      node.writeUIntBE(record(left), 0, 3)
      node.writeUIntBE(record(right), 3, 3)
      return node
    }),
  )
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: type,
    description: { en: 'made by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: count,
    record_size: 24,
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...parts, Buffer.from('abcdef4d61784d696e642e636f6d', 'hex'), metadata])
}

/** IPv4 lives below ::/96. */
function bitsOf(network: string): readonly (0 | 1)[] {
  const [address = '', prefix = '0'] = network.split('/')
  const bytes = address.split('.').map(Number)
  const all = [
    ...Array.from({ length: 96 }, () => 0),
    ...bytes.flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> (7 - bit)) & 1)),
  ]
  return all.slice(0, 96 + Number(prefix)).map((bit) => (bit === 1 ? 1 : 0))
}

function encode(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)])
  const entries = Object.entries(value as object)
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)])])
}

function control(type: number, size: number): Buffer {
  return type <= 7 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7])
}
