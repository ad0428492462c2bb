import { setImmediate as turn } from 'node:timers/promises'
import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'
import type { VaultStore } from '../store/store.ts'
import type { Book, Plan } from './book.ts'
import { rowOf } from './changes.ts'
import { openCredential, sealCredential } from './credentials.ts'
import { makeGeneration, type Keyring } from './keyring.ts'
import type { KeyProvider } from './keys/provider.ts'
import { digestOf, type LedgerEntry } from './ledger.ts'
import { generationOf } from './seal.ts'
import { makeSlot } from './slots.ts'
import type { Snapshot } from './snapshot.ts'

export interface RekeyOptions {
  readonly main?: KeyProvider
  readonly recovery?: KeyProvider
}

export interface Rekeyed {
  readonly generation: number
  readonly resealed: number
}

export type RekeyProgress = (done: number, total: number) => void

/**
 * Closes the root key in new slots where providers are given, then re-seals every record under a new generation, in batches between
 * requests. Whatever ends it early leaves a vault that opens; called again, it goes on where it was.
 */
export async function rekey(
  store: VaultStore,
  book: Book,
  keyring: Keyring,
  options: RekeyOptions,
  at: Instant,
  random: Random,
  progress?: RekeyProgress,
): Promise<Rekeyed> {
  await replaceSlots(store, keyring, options, at, random)
  const snapshot = await book.refresh()
  if (left(snapshot, keyring).length === 0) await addGeneration(store, keyring, at, random)
  const total = left(snapshot, keyring).length
  let resealed = 0
  for (;;) {
    let batch = 0
    const written = await book.change(at, (current): Plan<null> => {
      const entries = left(current, keyring).slice(0, BATCH)
      batch = entries.length
      const sealedLedger = generationOf(current.mark.sealed ?? '') === keyring.newest().number
      return batch === 0 && sealedLedger ? { kind: 'stop', because: null } : reseal(current, keyring, entries, at, random)
    })
    if (written.kind === 'stopped') return { generation: keyring.newest().number, resealed }
    resealed += batch
    progress?.(resealed, Math.max(total, resealed))
    await turn()
  }
}

/** Each record costs some 20 µs: a batch is over before a request notices. */
const BATCH = 32

async function replaceSlots(store: VaultStore, keyring: Keyring, options: RekeyOptions, at: Instant, random: Random): Promise<void> {
  const root = keyring.exportRoot()
  try {
    const made = []
    if (options.main) made.push(await makeSlot(options.main, 'main', keyring.vaultId, root, at, random))
    if (options.recovery) made.push(await makeSlot(options.recovery, 'recovery', keyring.vaultId, root, at, random))
    if (made.length === 0) return
    const purposes = new Set(made.map((slot) => slot.purpose))
    const kept = (await store.slots()).filter((slot) => !purposes.has(slot.purpose))
    await store.replaceSlots([...kept, ...made])
  } finally {
    root.fill(0)
  }
}

async function addGeneration(store: VaultStore, keyring: Keyring, at: Instant, random: Random): Promise<void> {
  const root = keyring.exportRoot()
  try {
    const generation = makeGeneration(keyring.newest().number + 1, keyring.vaultId, root, at, random)
    await store.addGeneration(generation)
    keyring.learn([generation])
  } finally {
    root.fill(0)
  }
}

/** What is still sealed under an older generation. */
function left(snapshot: Snapshot, keyring: Keyring): readonly LedgerEntry[] {
  const { number } = keyring.newest()
  return snapshot.ledger.entries.filter((entry) => {
    return entry.digest !== null && generationOf(snapshot.row(entry.name, entry.version)?.sealed ?? '') !== number
  })
}

function reseal(snapshot: Snapshot, keyring: Keyring, entries: readonly LedgerEntry[], at: Instant, random: Random): Plan<null> {
  const anew = new Map(entries.map((entry) => [entry, resealed(snapshot, keyring, entry, random)]))
  const after = snapshot.ledger.entries.map((entry) => {
    const sealed = anew.get(entry)
    return sealed === undefined ? entry : { ...entry, digest: digestOf(sealed) }
  })
  const rows = [...anew].map(([entry, sealed]) => rowOf(snapshot, entry, snapshot.byName.get(entry.name) ?? [], sealed, at))
  return { kind: 'write', rows, entries: after }
}

function resealed(snapshot: Snapshot, keyring: Keyring, entry: LedgerEntry, random: Random): string {
  const { name, version } = entry
  const record = openCredential(keyring, entry, snapshot.row(name, version))
  if (record === null) {
    throw new GateError(
      'credential_unavailable',
      `${name} version ${version} was changed in the database; revoke that version, then run rekey again`,
    )
  }
  const sealed = sealCredential(keyring, name, version, record, random)
  record.value.fill(0)
  return sealed
}
