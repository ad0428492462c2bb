import { GateError } from '../errors.ts'
import type { RecordRow, SealedMark, VaultStore } from '../store/store.ts'
import type { Keyring } from './keyring.ts'
import { EMPTY_LEDGER, LEDGER_NAME, markOf, openLedger, type Ledger, type LedgerEntry } from './ledger.ts'
import { generationOf } from './seal.ts'

/** The vault as it stood at one moment: the ledger, and the sealed rows that it speaks of. */
export interface Snapshot {
  readonly revision: number
  readonly ledger: Ledger
  /** The ledger's row: a change is written only while it is still this one. */
  readonly mark: SealedMark
  /** Oldest version first. */
  readonly byName: ReadonlyMap<string, readonly LedgerEntry[]>
  row(name: string, version: number): RecordRow | undefined
}

/** Reads the vault. Throws GateError when its ledger is not what was sealed, or older than `previous`. */
export async function readSnapshot(store: VaultStore, keyring: Keyring, previous: Snapshot | null): Promise<Snapshot> {
  // The order matters. Revision first: a change in between is seen next time. Generations last: they are only ever added.
  const revision = await store.revision()
  const records = await store.records()
  keyring.learn(await store.generations())
  const own = records.find((row) => row.name === LEDGER_NAME)
  if (own === undefined && records.length > 0) throw altered('its ledger is missing')
  const mark = markOf(own)
  const rows = new Map(records.map((row) => [rowKey(row.name, row.version), row]))
  const row = (name: string, version: number): RecordRow | undefined => rows.get(rowKey(name, version))
  if (previous !== null && previous.mark.sealed === mark.sealed) return { ...previous, revision, row }
  const ledger = mark.sealed === null ? EMPTY_LEDGER : unsealed(mark.sealed, keyring)
  if (previous !== null && ledger.counter <= previous.ledger.counter) {
    throw altered('an older copy of it was put in its place; if you restored a backup, restart the gateway')
  }
  return { revision, ledger, mark, byName: grouped(ledger.entries), row }
}

function unsealed(sealed: string, keyring: Keyring): Ledger {
  const key = keyring.find(generationOf(sealed) ?? -1)
  const ledger = key === null ? null : openLedger(sealed, key, keyring.vaultId)
  if (ledger === null) throw altered('its ledger does not open')
  return ledger
}

function altered(because: string): GateError {
  return new GateError('credential_unavailable', `the vault was changed by something other than Cloakroom: ${because}`)
}

function grouped(entries: readonly LedgerEntry[]): ReadonlyMap<string, readonly LedgerEntry[]> {
  return Map.groupBy(
    [...entries].sort((a, b) => a.version - b.version),
    (entry) => entry.name,
  )
}

function rowKey(name: string, version: number): string {
  return `${version} ${name}`
}
