import { createPublicKey } from 'node:crypto'

/** A decoded COSE_Key or attestation statement, as far as it is looked at here. */
export type CoseMap = ReadonlyMap<number | string, unknown>

/** Ed25519, ECDSA on P-256, RSA with SHA-256: what authenticators have (RFC 9053 §2, RFC 8812 §2). */
export const ALGORITHMS = [-8, -7, -257]

/**
 * Is this a key with which an assertion can ever be verified? Without attestation nothing else looks at it: one that fits no algorithm, or that
 * is no point of its curve, would be kept as a passkey that opens nothing, in the place of one that does.
 */
export function isSoundKey(cose: CoseMap): boolean {
  const [kty, alg, crv] = [cose.get(1), cose.get(3), cose.get(-1)]
  const x = cose.get(-2)
  try {
    if (kty === 1 && alg === -8 && crv === 6) return imports({ kty: 'OKP', crv: 'Ed25519', x: text(x, 32) })
    if (kty === 2 && alg === -7 && crv === 1) return imports({ kty: 'EC', crv: 'P-256', x: text(x, 32), y: text(cose.get(-3), 32) })
    if (kty === 3 && alg === -257) {
      const key = createPublicKey({ key: { kty: 'RSA', n: text(crv), e: text(x) }, format: 'jwk' })
      const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
      return modulusLength >= SHORTEST_RSA && publicExponent > 1n && publicExponent % 2n === 1n
    }
    return false
  } catch {
    return false
  }
}

/** Who attests with the key itself says the key's own algorithm (WebAuthn §8.2). */
export function isOwnAlgorithm(statement: CoseMap, cose: CoseMap): boolean {
  return !statement.has('alg') || statement.has('x5c') || statement.get('alg') === cose.get(3)
}

/** ECDSA's two numbers as DER writes them, and nothing else (RFC 3279 §2.2.3); the verification reads more than that. Of other keys: always. */
export function isStrictSignature(signature: Uint8Array, cose: CoseMap): boolean {
  if (cose.get(1) !== 2) return true
  const r = signature[3] ?? 0
  const s = signature[5 + r] ?? 0
  return (
    signature[0] === 0x30 &&
    signature[1] === signature.length - 2 &&
    signature[2] === 2 &&
    signature[4 + r] === 2 &&
    6 + r + s === signature.length
  )
}

/** Throws for a point that is not on its curve. */
function imports(key: { readonly kty: string; readonly crv: string; readonly x: string; readonly y?: string }): boolean {
  createPublicKey({ key: { ...key }, format: 'jwk' })
  return true
}

function text(value: unknown, length?: number): string {
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) throw new TypeError('not a part of a key')
  return Buffer.from(value).toString('base64url')
}

const SHORTEST_RSA = 2048
