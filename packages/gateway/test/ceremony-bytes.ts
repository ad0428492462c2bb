import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

/** WebAuthn's bytes from their parts, each of which may be wrong (§6.1, §6.5, RFC 9052, RFC 8949). */
export interface Parts {
  readonly client: unknown
  readonly rpId: string
  readonly flags: number
  readonly counter: number
  readonly aaguid: Buffer
  readonly id: Buffer
  readonly cose: Cose
  /** After the authenticator's data. */
  readonly tail: Buffer
}
export type Cose = ReadonlyMap<number, number | Buffer>
export type Cbor = number | string | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>

export const AT = 64

export function encode(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map((each: Cbor) => encode(each))])
  const map = value as ReadonlyMap<number | string, Cbor>
  return Buffer.concat([head(5, map.size), ...[...map].flatMap(([key, each]) => [encode(key), encode(each)])])
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count])
  if (count < 256) return Buffer.from([(major << 5) | 24, count])
  return Buffer.from([(major << 5) | 25, count >> 8, count & 255])
}

export function clientBytes({ client }: Pick<Parts, 'client'>): Buffer {
  return Buffer.isBuffer(client) ? client : Buffer.from(JSON.stringify(client))
}

export function authenticatorData({ rpId, flags, counter, tail }: Omit<Parts, 'client' | 'aaguid' | 'id' | 'cose'>): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count, tail])
}

/** With AT set, what says which key it is. */
export function attestedData(parts: Parts): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(parts.id.length)
  const attested = Buffer.concat([parts.aaguid, length, parts.id, encode(parts.cose)])
  return authenticatorData({ ...parts, tail: Buffer.concat([(parts.flags & AT) === 0 ? Buffer.alloc(0) : attested, parts.tail]) })
}

export function attestation(fmt: string, statement: Cbor, data: Buffer): Buffer {
  return encode(
    new Map<string, Cbor>([
      ['fmt', fmt],
      ['attStmt', statement],
      ['authData', data],
    ]),
  )
}

/** What the device signs. */
export function toBeSigned(data: Buffer, client: Buffer): Buffer {
  return Buffer.concat([data, createHash('sha256').update(client).digest()])
}

export type Algorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256' | 'EdDSA'
export const COSE_ALGORITHMS = { ES256: -7, ES384: -35, ES512: -36, RS256: -257, EdDSA: -8 } as const
const HASHES = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', RS256: 'sha256', EdDSA: null } as const
const CURVES = { 'P-256': 1, 'P-384': 2, 'P-521': 3, Ed25519: 6 } as const

export function signWith(algorithm: Algorithm, key: KeyObject, bytes: Buffer): Buffer {
  return sign(HASHES[algorithm], bytes, key)
}

/** A public key as an authenticator writes it. */
export function coseOf(algorithm: Algorithm, key: KeyObject): Map<number, number | Buffer> {
  const { kty, crv, x, y, n, e } = createPublicKey(createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }))).export({ format: 'jwk' })
  const bytes = (text: unknown): Buffer => Buffer.from(String(text), 'base64url')
  const cose = new Map<number, number | Buffer>([
    [1, kty === 'OKP' ? 1 : kty === 'EC' ? 2 : 3],
    [3, COSE_ALGORITHMS[algorithm]],
  ])
  if (kty === 'RSA') return cose.set(-1, bytes(n)).set(-2, bytes(e))
  cose.set(-1, CURVES[crv as keyof typeof CURVES]).set(-2, bytes(x))
  return kty === 'EC' ? cose.set(-3, bytes(y)) : cose
}

/** As a page sends it. */
export function sent(id: Buffer, response: Readonly<Record<string, Buffer>>, over: object = {}): string {
  const texts = Object.fromEntries(Object.entries(response).map(([name, value]) => [name, value.toString('base64url')]))
  const text = id.toString('base64url')
  return JSON.stringify({ id: text, rawId: text, type: 'public-key', response: texts, clientExtensionResults: {}, ...over })
}
