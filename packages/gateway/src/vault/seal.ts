import { createCipheriv, createDecipheriv, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { Random } from '../lib/random.ts'

/** What a sealed text belongs to. It is authenticated, not stored: text that is moved elsewhere does not open there. */
export interface Binding {
  readonly kind: 'root' | 'generation' | 'record' | 'ledger' | 'minted'
  readonly vaultId: string
  readonly name: string
  readonly version: number
}

/**
 * `ck1.<generation>.<salt>.<nonce>.<ciphertext and tag>.<commitment>`, base64url parts. AES-256-GCM under a key of its own per text
 * (HKDF-SHA256 over `key` and a random salt), so that no two texts share a key and a nonce (SP 800-38D §8).
 */
export function seal(key: KeyObject, generation: number, binding: Binding, plaintext: Uint8Array, random: Random): string {
  const salt = random(SALT)
  const nonce = random(NONCE)
  const recordKey = derive(key, salt, SEAL)
  const cipher = createCipheriv('aes-256-gcm', recordKey, nonce)
  recordKey.fill(0)
  cipher.setAAD(canonical(generation, binding))
  const body = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return [PREFIX, generation, text(salt), text(nonce), text(body), text(derive(key, salt, COMMIT))].join('.')
}

/** The plaintext, the caller's to zero; null when anything about the text, the key or the binding is not what it was. */
export function unseal(key: KeyObject, sealed: string, binding: Binding): Buffer | null {
  const parts = parse(sealed)
  if (parts === null) return null
  // GCM does not commit to its key: without this, one text could be made that opens under two keys.
  if (!timingSafeEqual(derive(key, parts.salt, COMMIT), parts.commitment)) return null
  const recordKey = derive(key, parts.salt, SEAL)
  const decipher = createDecipheriv('aes-256-gcm', recordKey, parts.nonce)
  recordKey.fill(0)
  decipher.setAAD(canonical(parts.generation, binding))
  decipher.setAuthTag(parts.body.subarray(-TAG))
  const plaintext = decipher.update(parts.body.subarray(0, -TAG))
  try {
    decipher.final()
    return plaintext
  } catch {
    plaintext.fill(0)
    return null
  }
}

/** The generation whose key sealed this text; null when it is no sealed text. */
export function generationOf(sealed: string): number | null {
  return parse(sealed)?.generation ?? null
}

interface Parts {
  readonly generation: number
  readonly salt: Buffer
  readonly nonce: Buffer
  readonly body: Buffer
  readonly commitment: Buffer
}

const PREFIX = 'ck1'
const SALT = 16
const NONCE = 12
const TAG = 16
const KEY = 32
const SEAL = 'ck1/seal'
const COMMIT = 'ck1/commit'

function derive(key: KeyObject, salt: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, purpose, KEY))
}

/** A JSON array is read in one way only: no two bindings share a spelling. */
function canonical(generation: number, binding: Binding): Buffer {
  return Buffer.from(JSON.stringify([PREFIX, binding.kind, generation, binding.vaultId, binding.name, binding.version]))
}

function text(bytes: Buffer): string {
  return bytes.toString('base64url')
}

function parse(sealed: string): Parts | null {
  const [prefix, generation, ...rest] = sealed.split('.')
  if (prefix !== PREFIX || generation === undefined || !/^(0|[1-9][0-9]{0,8})$/.test(generation) || rest.length !== 4) return null
  const [salt, nonce, body, commitment] = rest.map(bytesOf)
  if (salt?.length !== SALT || nonce?.length !== NONCE || commitment?.length !== KEY || !body || body.length < TAG) return null
  return { generation: Number(generation), salt, nonce, body, commitment }
}

/** Only the one spelling that `seal` writes: base64url has spare bits that a lenient reader would let anybody change. */
function bytesOf(part: string): Buffer | null {
  const bytes = Buffer.from(part, 'base64url')
  return text(bytes) === part ? bytes : null
}
