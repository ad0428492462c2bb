import { createHmac, type KeyObject } from 'node:crypto'
import type { Random } from '../lib/random.ts'
import type { RecordRow } from '../store/store.ts'
import type { Keyring } from './keyring.ts'
import { digestOf, type LedgerEntry } from './ledger.ts'
import { decodeRecord, encodeRecord, type CredentialRecord } from './record.ts'
import { generationOf, seal, unseal, type Binding } from './seal.ts'

/** Seals one version under the newest generation. The record's value stays the caller's. */
export function sealCredential(keyring: Keyring, name: string, version: number, record: CredentialRecord, random: Random): string {
  const { number, key } = keyring.newest()
  const plaintext = encodeRecord(record)
  const sealed = seal(key, number, bindingOf(keyring, name, version), plaintext, random)
  plaintext.fill(0)
  return sealed
}

/** Opens the version that the ledger speaks of; null when the row is another one, or is not what was sealed. */
export function openCredential(keyring: Keyring, entry: LedgerEntry, row: RecordRow | undefined): CredentialRecord | null {
  // An older record of the same name and version is genuine, too: only the ledger knows which one counts.
  if (row === undefined || digestOf(row.sealed) !== entry.digest) return null
  const key = keyring.find(generationOf(row.sealed) ?? -1)
  const plaintext = key === null ? null : unseal(key, row.sealed, bindingOf(keyring, entry.name, entry.version))
  if (plaintext === null) return null
  const record = decodeRecord(plaintext)
  plaintext.fill(0)
  return record
}

/** Recognises a value without reading it. Keyed: without the vault's key nobody can try out guesses. */
export function fingerprint(key: KeyObject, value: Uint8Array): string {
  return createHmac('sha256', key).update(value).digest('hex').slice(0, FINGERPRINT_DIGITS)
}

/** Null when they are a large part of the value, or no printable text. */
export function lastFour(value: Uint8Array): string | null {
  const end = Buffer.from(value.subarray(-4)).toString('latin1')
  return value.length >= LEAST_FOR_LAST_FOUR && /^[\x21-\x7e]{4}$/.test(end) ? end : null
}

const FINGERPRINT_DIGITS = 16

/** Four of sixteen characters leave what nobody can guess, if the value is random. */
const LEAST_FOR_LAST_FOUR = 16

function bindingOf(keyring: Keyring, name: string, version: number): Binding {
  return { kind: 'record', vaultId: keyring.vaultId, name, version }
}
