import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** The key that vouches for the audit trail: Ed25519, from 32 secret bytes that only an open vault gives. */
export interface ChainKey extends ChainVerifier {
  readonly sign: (text: string) => string
  /** For whoever checks an export elsewhere: 32 bytes, base64url. */
  readonly publicKey: string
}

export interface ChainVerifier {
  holds(text: string, signature: string): boolean
}

export function chainKey(secret: KeyObject): ChainKey {
  const seed = secret.export()
  const der = Buffer.concat([PKCS8, seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  for (const bytes of [seed, der]) bytes.fill(0)
  const verifier = verifierOf(createPublicKey(key))
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length).toString('base64url')
  return {
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64url'),
    publicKey,
    holds: (text, signature) => verifier.holds(text, signature),
  }
}

/** Null when it is no such key. */
export function chainVerifier(publicKey: string): ChainVerifier | null {
  const bytes = Buffer.from(publicKey, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== publicKey) return null
  return verifierOf(createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' }))
}

function verifierOf(key: KeyObject): ChainVerifier {
  return { holds: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url')) }
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in PKCS #8 and in SubjectPublicKeyInfo. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
