import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'
import type { RecordRow, VaultStore } from '../store/store.ts'
import type { Keyring } from './keyring.ts'
import { sealLedger, type LedgerEntry } from './ledger.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'

export type Plan<Stopped> =
  | { readonly kind: 'stop'; readonly because: Stopped }
  | { readonly kind: 'write'; readonly rows: readonly RecordRow[]; readonly entries: readonly LedgerEntry[] }

export type Written<Stopped> =
  | { readonly kind: 'stopped'; readonly because: Stopped }
  | { readonly kind: 'written'; readonly snapshot: Snapshot }

/** The vault's contents over time: the last snapshot, a newer one, and changes that either happen whole or not at all. */
export interface Book {
  last(): Snapshot | null
  /** A snapshot that was begun after this call. Calls at the same time share one reading. */
  refresh(): Promise<Snapshot>
  /** Plans against the newest snapshot, and again whenever another process wrote first: `plan` may run several times. */
  change<Stopped>(at: Instant, plan: (snapshot: Snapshot) => Plan<Stopped>): Promise<Written<Stopped>>
}

export function openBook(store: VaultStore, keyring: Keyring, random: Random): Book {
  let last: Snapshot | null = null
  let running: Promise<Snapshot> | null = null
  let queued: Promise<Snapshot> | null = null
  let changes: Promise<unknown> = Promise.resolve()

  async function read(): Promise<Snapshot> {
    try {
      last = await readSnapshot(store, keyring, last)
      return last
    } finally {
      running = null
    }
  }

  function begin(): Promise<Snapshot> {
    queued = null
    running = read()
    return running
  }

  function refresh(): Promise<Snapshot> {
    if (running === null) return begin()
    // What is being read now may have been begun before a change that the caller has to see.
    queued ??= running.then(begin, begin)
    return queued
  }

  async function attempt<Stopped>(at: Instant, plan: (snapshot: Snapshot) => Plan<Stopped>): Promise<Written<Stopped>> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const snapshot = await refresh()
      const planned = plan(snapshot)
      if (planned.kind === 'stop') return { kind: 'stopped', because: planned.because }
      const { number, key } = keyring.newest()
      const ledger = { counter: snapshot.ledger.counter + 1, entries: planned.entries }
      const row = sealLedger(ledger, key, number, keyring.vaultId, at, random)
      if (await store.writeRecords([...planned.rows, row], snapshot.mark)) return { kind: 'written', snapshot: await refresh() }
    }
    throw new GateError('store_unavailable', 'the vault is being changed by others all the time; try again')
  }

  return {
    last: () => last,
    refresh,
    change(at, plan) {
      const mine = changes.then(() => attempt(at, plan))
      changes = mine.catch(() => undefined)
      return mine
    },
  }
}

/** Another writer makes progress whenever we do not: as many in a row mean that something is wrong. */
const MOST_TRIES = 100
