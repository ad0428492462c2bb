import { createECDH, createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto'
import {
  type Algorithm,
  AT,
  attestation,
  attestedData,
  authenticatorData,
  type Cbor,
  clientBytes,
  COSE_ALGORITHMS,
  coseOf,
  signWith,
  toBeSigned,
} from './ceremony-bytes.ts'

/*
 * The test vectors of WebAuthn Level 3, §16, made anew from what the standard makes them of: every random value is HKDF-SHA-256 of one text, with the
 * vector's name and a counter. Keys, challenges, identifiers, flags, client data and authenticator data are the standard's bytes; ECDSA
 * signatures are not, because ours draw their nonce, and a certificate chain is left out, as browsers do when none is asked for.
 */
export interface Vector {
  readonly id: Buffer
  readonly aaguid: Buffer
  readonly key: KeyObject
  readonly registration: { readonly challenge: Buffer; readonly clientDataJSON: Buffer; readonly attestationObject: Buffer }
  readonly authentication: {
    readonly challenge: Buffer
    readonly clientDataJSON: Buffer
    readonly authenticatorData: Buffer
    readonly signature: Buffer
  }
}

export interface Kind {
  readonly info: string
  readonly algorithm: Algorithm
  readonly statement: 'none' | 'self' | 'certified'
  readonly frame?: object
  readonly idLength?: number
}

const RP_ID = 'example.org'
const KEY_LENGTHS = { ES256: 32, ES384: 48, ES512: 65, EdDSA: 32 } as const

export function deriveVector({ info, algorithm, statement, frame = { crossOrigin: false }, idLength = 32 }: Kind): Vector {
  let salt = 0
  const next = (length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', 'WebAuthn test vectors', Buffer.from([salt++]), Buffer.from(info), length))
  const told = (type: string, challenge: Buffer): Buffer => {
    const extra = ((next(1)[0] ?? 0) & 1) === 0 ? {} : { extraData: EXTRA + next(16).toString('base64url') }
    return clientBytes({ client: { type, challenge: challenge.toString('base64url'), origin: `https://${RP_ID}`, ...frame, ...extra } })
  }

  const created = next(32)
  const key = algorithm === 'RS256' ? mersenneKey() : keyOf(algorithm, next(KEY_LENGTHS[algorithm]))
  const createdClient = told('webauthn.create', created)
  const [aaguid, id, chosen] = [next(16), next(idLength), next(1)[0] ?? 0]
  if (statement === 'certified') salt += 2
  const flags = 1 | (chosen & 0x04) | ((chosen & 0x08) === 0 ? 0 : chosen & 0x18)
  const nothing = Buffer.alloc(0)
  const cose = coseOf(algorithm, key)
  const data = attestedData({ client: null, rpId: RP_ID, flags: flags | AT, counter: 0, aaguid, id, cose, tail: nothing })
  const self = (): Cbor =>
    new Map<string, Cbor>([
      ['alg', COSE_ALGORITHMS[algorithm]],
      ['sig', signWith(algorithm, key, toBeSigned(data, createdClient))],
    ])
  const object = statement === 'self' ? attestation('packed', self(), data) : attestation('none', new Map(), data)

  const got = next(32)
  const gotClient = told('webauthn.get', got)
  const shown = next(1)[0] ?? 0
  const gotFlags = 1 | (shown & 0x04) | (flags & 0x08) | ((flags & 0x08) === 0 ? 0 : shown & 0x10)
  const gotData = authenticatorData({ rpId: RP_ID, flags: gotFlags, counter: 0, tail: nothing })
  const signature = signWith(algorithm, key, toBeSigned(gotData, gotClient))
  return {
    id,
    aaguid,
    key,
    registration: { challenge: created, clientDataJSON: createdClient, attestationObject: object },
    authentication: { challenge: got, clientDataJSON: gotClient, authenticatorData: gotData, signature },
  }
}

const EXTRA = 'clientDataJSON may be extended with additional fields in the future, such as this: '
const NAMES = { ES256: ['P-256', 'prime256v1'], ES384: ['P-384', 'secp384r1'], ES512: ['P-521', 'secp521r1'] } as const

function keyOf(algorithm: Exclude<Algorithm, 'RS256'>, d: Buffer): KeyObject {
  // RFC 8410: an Ed25519 key is 32 bytes behind this head.
  if (algorithm === 'EdDSA')
    return createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), d]),
      format: 'der',
      type: 'pkcs8',
    })
  const [crv, curve] = NAMES[algorithm]
  const pair = createECDH(curve)
  pair.setPrivateKey(d)
  const point = pair.getPublicKey()
  const size = (point.length - 1) / 2
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)]
  const width = (bytes: Buffer): string => Buffer.concat([Buffer.alloc(Math.max(0, size - bytes.length)), bytes]).toString('base64url')
  return createPrivateKey({ key: { kty: 'EC', crv, d: width(d), x: width(x), y: width(y) }, format: 'jwk' })
}

/** The RSA key of the standard: the two smallest Mersenne primes of 1024 bits and more. */
function mersenneKey(): KeyObject {
  const [p, q, e] = [2n ** 1279n - 1n, 2n ** 2203n - 1n, 65_537n]
  const d = inverse(e, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const text = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, unsigned(value)]))
  return createPrivateKey({ key: { kty: 'RSA', ...text }, format: 'jwk' })
}

function unsigned(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

/** By Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r, rest, s, next] = [modulus, value % modulus, 0n, 1n]
  while (rest !== 0n) {
    const q = r / rest
    ;[r, rest] = [rest, r - q * rest]
    ;[s, next] = [next, s - q * next]
  }
  return ((s % modulus) + modulus) % modulus
}
