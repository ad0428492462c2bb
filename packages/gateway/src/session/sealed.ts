import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'

export interface SealerParts {
  /** 256 bits; seals. */
  readonly key: KeyObject
  /** Keys that still open what they sealed before they were replaced. */
  readonly olderKeys?: readonly KeyObject[]
  readonly random: Random
  /** What the values are for. A value of one purpose never opens as another, even under the same key. */
  readonly purpose: string
  /** The longest value that is opened; a cookie's length when left out. */
  readonly longest?: number
}

/** Small values that a browser keeps for us: it can neither read nor alter them nor use them for something else, and they end. */
export interface Sealer {
  seal(text: string, expiresAt: Instant): string
  /** Null for what is not ours, altered, of another purpose or over. */
  open(sealed: string, at: Instant): string | null
}

/**
 * AES-256-GCM; base64url of `version (1) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, the purpose as associated data, the end (milliseconds, 6 bytes)
 * before the text. Random nonces: replace the key before 2^32 values (NIST SP 800-38D §8.3).
 */
export function createSealer({ key, olderKeys = [], random, purpose, longest = LONGEST }: SealerParts): Sealer {
  const keys = [key, ...olderKeys]
  for (const each of keys) {
    if (each.symmetricKeySize !== KEY_BYTES) throw new GateError('internal', `a key for ${purpose} is not ${KEY_BYTES} bytes long`)
  }
  const associated = Buffer.from(`cloakroom sealed value ${VERSION} ${purpose}`)
  return {
    seal(text, expiresAt) {
      const end = Buffer.alloc(END_BYTES)
      end.writeUIntBE(Math.max(0, Math.floor(expiresAt)), 0, END_BYTES)
      const nonce = random(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(associated)
      const ciphertext = [cipher.update(end), cipher.update(text, 'utf8'), cipher.final()]
      return Buffer.concat([Buffer.of(VERSION), nonce, ...ciphertext, cipher.getAuthTag()]).toString('base64url')
    },
    open(sealed, at) {
      if (sealed.length > longest || !/^[A-Za-z0-9_-]+$/.test(sealed)) return null
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < 1 + NONCE_BYTES + END_BYTES + TAG_BYTES || bytes[0] !== VERSION) return null
      for (const each of keys) {
        const plain = decrypt(bytes, each, associated)
        // The end is inside: what counts is our clock, not the browser's Max-Age (CVE-2025-46344 had none).
        if (plain !== null) return at < plain.readUIntBE(0, END_BYTES) ? plain.toString('utf8', END_BYTES) : null
      }
      return null
    },
  }
}

function decrypt(bytes: Buffer, key: KeyObject, associated: Buffer): Buffer | null {
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES)
  // authTagLength: a shorter tag could be found by trying (node accepts 4 bytes unless told).
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(associated)
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const plain = decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    return null
  }
  return plain
}

const VERSION = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Milliseconds until the year 10889. */
const END_BYTES = 6
/** A cookie cannot be longer. */
const LONGEST = 4_096
