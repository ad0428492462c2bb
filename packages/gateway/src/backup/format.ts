import { createHash, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'
import type { SlotRow } from '../store/store.ts'

/**
 * A backup file:
 *
 * ```
 * cloakroom-backup 1\n
 * {"vaultId":…,"createdAt":…,"slots":[…],"salt":…,"commitment":…}\n     the header, JSON on one line
 * chunk 0, chunk 1, …                                                    AES-256-GCM, 1 MiB of plaintext each, the last one shorter
 *
 * backup key = HKDF-SHA256(root key, vaultId, "cloakroom/derived/backup")
 * file key   = HKDF-SHA256(backup key, salt, "cloakroom-backup 1/seal")
 * commitment = HKDF-SHA256(backup key, salt, "cloakroom-backup 1/commit")
 * nonce      = number of the chunk (11 bytes, big-endian), then 1 for the last chunk and 0 for every other
 * authenticated with each chunk: SHA-256 of the two lines
 * ```
 *
 * The slots hold the root key, wrapped: the vault's key or its recovery passphrase opens the file, and neither is in it. A chunk that is
 * changed, left out, moved or of another file does not open; a file that was cut off has no last chunk.
 */
export interface BackupHeader {
  readonly vaultId: string
  readonly createdAt: number
  readonly slots: readonly SlotRow[]
  /** 16 random bytes, base64url: each file has a key of its own. */
  readonly salt: string
  /** GCM does not commit to its key; this does. */
  readonly commitment: string
}

export const CHUNK = 1024 * 1024
export const TAG = 16
const MAGIC = 'cloakroom-backup 1'
/** A vault has a few slots of some hundred bytes. */
export const LONGEST_HEADER = 64 * 1024

export interface FileKeys {
  readonly key: Buffer
  /** Authenticated with every chunk. */
  readonly context: Buffer
}

export function makeHeader(
  backupKey: KeyObject,
  parts: Pick<BackupHeader, 'vaultId' | 'createdAt' | 'slots'>,
  random: Random,
): { readonly lines: Buffer; readonly keys: FileKeys } {
  const salt = random(16)
  const header: BackupHeader = { ...parts, salt: salt.toString('base64url'), commitment: commit(backupKey, salt).toString('base64url') }
  const lines = Buffer.from(`${MAGIC}\n${JSON.stringify(header)}\n`)
  return { lines, keys: { key: derive(backupKey, salt, 'seal'), context: digest(lines) } }
}

/** Reads the two lines at the beginning of `start`. Throws GateError `store_unavailable` when it is no backup of this version. */
export function readHeader(start: Buffer): { readonly header: BackupHeader; readonly lines: Buffer } {
  const first = start.indexOf(0x0a)
  const second = first === -1 ? -1 : start.indexOf(0x0a, first + 1)
  const named = start.subarray(0, Math.max(0, first)).toString('latin1')
  if (named !== MAGIC && /^cloakroom-backup \d+$/.test(named)) throw unusable(`the file is a backup of another version (${named})`)
  if (named !== MAGIC || second === -1) throw unusable('the file is not a backup')
  const header = parse(start.subarray(first + 1, second).toString('utf8'))
  if (header === null) throw unusable('the head of the backup was changed')
  return { header, lines: start.subarray(0, second + 1) }
}

/** Throws GateError `credential_unavailable` when this key did not seal the file. */
export function openKeys(backupKey: KeyObject, header: BackupHeader, lines: Buffer): FileKeys {
  const salt = Buffer.from(header.salt, 'base64url')
  const commitment = Buffer.from(header.commitment, 'base64url')
  const own = commit(backupKey, salt)
  if (commitment.length !== own.length || !timingSafeEqual(commitment, own))
    throw new GateError('credential_unavailable', 'the backup was sealed with the key of another vault, or its head was changed')
  return { key: derive(backupKey, salt, 'seal'), context: digest(lines) }
}

export function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(number, 5, 6)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

export function unusable(why: string, cause?: unknown): GateError {
  return new GateError('store_unavailable', why, { cause })
}

function derive(key: KeyObject, salt: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, `${MAGIC}/${purpose}`, 32))
}

function commit(key: KeyObject, salt: Buffer): Buffer {
  return derive(key, salt, 'commit')
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function parse(text: string): BackupHeader | null {
  try {
    const found = JSON.parse(text) as Partial<BackupHeader> | null
    const fits =
      typeof found?.vaultId === 'string' &&
      Number.isSafeInteger(found.createdAt) &&
      Array.isArray(found.slots) &&
      typeof found.salt === 'string' &&
      typeof found.commitment === 'string'
    return fits ? (found as BackupHeader) : null
  } catch {
    return null
  }
}
