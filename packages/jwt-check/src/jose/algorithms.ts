/** One row of the signature algorithms that may be verified here (RFC 7518 §3.1, RFC 8037, RFC 8812, RFC 9864). */
export type SignatureAlgorithm = {
  readonly alg: string
  readonly kind: 'hmac' | 'rsa' | 'ec' | 'okp'
  /** Bits of the hash; 0 where the scheme hashes by itself. */
  readonly hash: 256 | 384 | 512 | 0
  /** For elliptic curves: the only curve that this `alg` allows. */
  readonly crv?: string
  /** Length of a well-formed signature in bytes; RSA depends on the key and has none. */
  readonly signatureBytes?: number
}

const rows: readonly SignatureAlgorithm[] = [
  { alg: 'HS256', kind: 'hmac', hash: 256, signatureBytes: 32 },
  { alg: 'HS384', kind: 'hmac', hash: 384, signatureBytes: 48 },
  { alg: 'HS512', kind: 'hmac', hash: 512, signatureBytes: 64 },
  { alg: 'RS256', kind: 'rsa', hash: 256 },
  { alg: 'RS384', kind: 'rsa', hash: 384 },
  { alg: 'RS512', kind: 'rsa', hash: 512 },
  { alg: 'PS256', kind: 'rsa', hash: 256 },
  { alg: 'PS384', kind: 'rsa', hash: 384 },
  { alg: 'PS512', kind: 'rsa', hash: 512 },
  { alg: 'ES256', kind: 'ec', hash: 256, crv: 'P-256', signatureBytes: 64 },
  { alg: 'ES384', kind: 'ec', hash: 384, crv: 'P-384', signatureBytes: 96 },
  { alg: 'ES512', kind: 'ec', hash: 512, crv: 'P-521', signatureBytes: 132 },
  { alg: 'ES256K', kind: 'ec', hash: 256, crv: 'secp256k1', signatureBytes: 64 },
  { alg: 'EdDSA', kind: 'okp', hash: 0, signatureBytes: 64 },
  { alg: 'Ed25519', kind: 'okp', hash: 0, crv: 'Ed25519', signatureBytes: 64 },
  { alg: 'Ed448', kind: 'okp', hash: 0, crv: 'Ed448', signatureBytes: 114 },
]

const byName = new Map(rows.map((row) => [row.alg, row]))

/** The row for an exact `alg` value; JOSE names are case-sensitive (RFC 7515 §4.1.1). */
export function signatureAlgorithm(alg: unknown): SignatureAlgorithm | undefined {
  return typeof alg === 'string' ? byName.get(alg) : undefined
}

/** True for the symmetric signature algorithms. */
export function isHmac(alg: unknown): boolean {
  return signatureAlgorithm(alg)?.kind === 'hmac'
}

/** Every signature algorithm name except `none`, in table order. */
export const signatureAlgorithmNames: readonly string[] = rows.map((row) => row.alg)

/** JWE key management names that are registered and not deprecated for weakness (RFC 7518 §4.1, RFC 8725bis §3.2). */
export const keyManagementNames: readonly string[] = [
  'RSA1_5',
  'RSA-OAEP',
  'RSA-OAEP-256',
  'RSA-OAEP-384',
  'RSA-OAEP-512',
  'A128KW',
  'A192KW',
  'A256KW',
  'dir',
  'ECDH-ES',
  'ECDH-ES+A128KW',
  'ECDH-ES+A192KW',
  'ECDH-ES+A256KW',
  'A128GCMKW',
  'A192GCMKW',
  'A256GCMKW',
  'PBES2-HS256+A128KW',
  'PBES2-HS384+A192KW',
  'PBES2-HS512+A256KW',
]

/** Lengths in bytes that a JWE `enc` fixes: key, initialization vector, authentication tag (RFC 7518 §5). */
export const contentEncryption: ReadonlyMap<string, { readonly key: number; readonly iv: number; readonly tag: number }> = new Map([
  ['A128CBC-HS256', { key: 32, iv: 16, tag: 16 }],
  ['A192CBC-HS384', { key: 48, iv: 16, tag: 24 }],
  ['A256CBC-HS512', { key: 64, iv: 16, tag: 32 }],
  ['A128GCM', { key: 16, iv: 12, tag: 16 }],
  ['A192GCM', { key: 24, iv: 12, tag: 16 }],
  ['A256GCM', { key: 32, iv: 12, tag: 16 }],
])
