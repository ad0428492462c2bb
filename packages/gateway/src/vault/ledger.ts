import { createHash, type KeyObject } from 'node:crypto'
import type { Instant } from '../decide/head.ts'
import type { Random } from '../lib/random.ts'
import type { RecordRow, SealedMark } from '../store/store.ts'
import type { CredentialKind } from './kind.ts'
import { seal, unseal, type Binding } from './seal.ts'

/** One version of a credential as the vault itself wrote it. The columns beside a sealed record are for the eye: this is what counts. */
export interface LedgerEntry {
  readonly name: string
  readonly version: number
  readonly kind: CredentialKind
  /** Null for what never goes on a request itself. */
  readonly placement: string | null
  readonly origins: readonly string[]
  readonly fingerprint: string
  readonly lastFour: string | null
  readonly createdAt: Instant
  readonly notBefore: Instant | null
  readonly notAfter: Instant | null
  /** Set when a newer version takes over: the end of the overlap. */
  readonly retiresAt: Instant | null
  readonly revokedAt: Instant | null
  /** SHA-256 of the one sealed record that is this version; null when it was destroyed. */
  readonly digest: string | null
}

/**
 * The list of all versions, sealed as a record of its own and written in the same transaction as every change. Whoever can write to the
 * database can thereby not bring back an old record, a revoked version or an expiry that has passed without bringing back the whole vault.
 */
export interface Ledger {
  /** Grows by one with every change: a process that has seen 8 does not take 7. */
  readonly counter: number
  readonly entries: readonly LedgerEntry[]
}

export const EMPTY_LEDGER: Ledger = { counter: 0, entries: [] }

/** The ledger's row; no credential can have this name. */
export const LEDGER_NAME = '#ledger'

export function digestOf(sealed: string): string {
  return createHash('sha256').update(sealed).digest('base64url')
}

export function sealLedger(ledger: Ledger, key: KeyObject, generation: number, vaultId: string, at: Instant, random: Random): RecordRow {
  const plaintext = Buffer.from(JSON.stringify({ format: FORMAT, ...ledger }))
  const sealed = seal(key, generation, binding(vaultId), plaintext, random)
  plaintext.fill(0)
  return { ...NOTHING, name: LEDGER_NAME, version: 0, state: 'active', sealed, fingerprint: '', createdAt: at }
}

/** Null when the text is not the ledger that was sealed. */
export function openLedger(sealed: string, key: KeyObject, vaultId: string): Ledger | null {
  const plaintext = unseal(key, sealed, binding(vaultId))
  if (plaintext === null) return null
  const found = JSON.parse(plaintext.toString()) as { format?: number } & Ledger
  plaintext.fill(0)
  return found.format === FORMAT ? { counter: found.counter, entries: found.entries } : null
}

export function markOf(row: RecordRow | undefined): SealedMark {
  return { name: LEDGER_NAME, version: 0, sealed: row?.sealed ?? null }
}

const FORMAT = 1
const NOTHING = { notBefore: null, notAfter: null, lastUsedAt: null }

function binding(vaultId: string): Binding {
  return { kind: 'ledger', vaultId, name: LEDGER_NAME, version: 0 }
}
