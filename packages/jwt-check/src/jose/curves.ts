import { allZero, toBigInt } from '../encoding/bytes.ts'
import { type Jwk, keyBytes } from './keys.ts'

/** y² = x³ + ax + b over the field of p; FIPS 186-5 / SP 800-186 for the NIST curves, SEC 2 for secp256k1. */
type Curve = { readonly p: bigint; readonly a: bigint; readonly b: bigint; readonly bytes: number }

const curves: ReadonlyMap<string, Curve> = new Map([
  [
    'P-256',
    {
      p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      a: -3n,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
      bytes: 32,
    },
  ],
  [
    'P-384',
    {
      p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      a: -3n,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
      bytes: 48,
    },
  ],
  [
    'P-521',
    {
      p: 2n ** 521n - 1n,
      a: -3n,
      b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
      bytes: 66,
    },
  ],
  ['secp256k1', { p: 2n ** 256n - 2n ** 32n - 977n, a: 0n, b: 7n, bytes: 32 }],
])

const okpBytes: ReadonlyMap<string, number> = new Map([
  ['Ed25519', 32],
  ['Ed448', 57],
  ['X25519', 32],
  ['X448', 56],
])

/** What is wrong with the public point of an EC or OKP key, as a sentence; undefined when nothing is. */
export function pointFault(jwk: Jwk): string | undefined {
  const crv = typeof jwk['crv'] === 'string' ? jwk['crv'] : ''
  if (jwk['kty'] === 'OKP') return okpFault(jwk, crv)
  const curve = curves.get(crv)
  if (curve === undefined) return `crv "${crv}" is no curve for JOSE.`
  const x = keyBytes(jwk, 'x')
  const y = keyBytes(jwk, 'y')
  if (x === undefined || y === undefined) return 'A coordinate is missing or not base64url.'
  if (x.length !== curve.bytes || y.length !== curve.bytes)
    return `Coordinates of ${crv} have ${curve.bytes} bytes each; here ${x.length} and ${y.length}.`
  if (allZero(x) && allZero(y)) return 'Both coordinates are zero.'
  return onCurve(toBigInt(x), toBigInt(y), curve) ? undefined : `The point does not lie on ${crv}.`
}

function okpFault(jwk: Jwk, crv: string): string | undefined {
  const length = okpBytes.get(crv)
  if (length === undefined) return `crv "${crv}" is no curve for JOSE.`
  const x = keyBytes(jwk, 'x')
  if (x?.length !== length) return `The public key of ${crv} has ${length} bytes; here ${x?.length ?? 'none'}.`
  // Points of small order make every signature or shared secret predictable; zero and one are the two that implementations meet.
  return allZero(x.slice(1)) && (x[0] ?? 0) <= 1 ? 'The public key is a point of small order.' : undefined
}

function onCurve(x: bigint, y: bigint, { p, a, b }: Curve): boolean {
  if (x >= p || y >= p) return false
  return (y * y - (x * x * x + a * x + b)) % p === 0n
}
