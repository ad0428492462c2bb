import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Later } from '../lib/later.ts'
import type { OpenCredential, OpenSigner } from '../parts.ts'
import type { VaultStore } from '../store/store.ts'
import type { Book } from './book.ts'
import { openCredential } from './credentials.ts'
import type { Keyring } from './keyring.ts'
import { createLeases } from './leases.ts'
import type { LedgerEntry } from './ledger.ts'
import { createFailures, type OpenFailure } from './open-failure.ts'
import type { CredentialRecord } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { createSigners } from './signers.ts'
import { createUses } from './uses.ts'
import { chooseVersion } from './versions.ts'

export interface Opener {
  /** Answers at once when the store does and nothing has changed; throws GateError. */
  open(name: string, origin: string, at: Instant): Awaitable<OpenCredential>
  /** The same for a key that signs. */
  openSigner(name: string, origin: string, at: Instant): Awaitable<OpenSigner>
  close(): void
}

export interface OpenerOptions {
  readonly later: Later
  readonly onFailure: (failure: OpenFailure) => void
}

/** What is asked for: a name, for an origin, now. */
interface Wanted {
  readonly name: string
  readonly origin: string
  readonly at: Instant
}

export function createOpener(store: VaultStore, book: Book, keyring: Keyring, { later, onFailure }: OpenerOptions): Opener {
  const leases = createLeases(later)
  const signers = createSigners()
  const uses = createUses(store)
  const { refuse, refuseUnread } = createFailures(onFailure)
  /** The snapshot that the leases were opened from: after any other one, a revocation of our own included, they are void. */
  let leased: Snapshot | null = null

  function drop(): void {
    leases.drop()
    signers.drop()
  }

  /** Runs `use` on the vault as it is now, at once when the store answers at once and nothing has changed. */
  function withVault<T>(wanted: Wanted, use: (snapshot: Snapshot, wanted: Wanted) => T): Awaitable<T> {
    let revision: Awaitable<number>
    try {
      revision = store.revision()
    } catch (cause) {
      return refuseUnread(wanted, cause)
    }
    if (typeof revision === 'number') return useAt(revision, wanted, use)
    return revision.then(
      (known) => useAt(known, wanted, use),
      (cause: unknown) => refuseUnread(wanted, cause),
    )
  }

  function useAt<T>(revision: number, wanted: Wanted, use: (snapshot: Snapshot, wanted: Wanted) => T): Awaitable<T> {
    const snapshot = book.last()
    if (snapshot?.revision === revision) return useFrom(snapshot, wanted, use)
    // Somebody wrote, here or in another process: it may have been a revocation.
    drop()
    return book.refresh().then(
      (fresh) => useFrom(fresh, wanted, use),
      (cause: unknown) => refuseUnread(wanted, cause),
    )
  }

  function useFrom<T>(snapshot: Snapshot, wanted: Wanted, use: (snapshot: Snapshot, wanted: Wanted) => T): T {
    if (snapshot !== leased) {
      drop()
      leased = snapshot
    }
    return use(snapshot, wanted)
  }

  function place(snapshot: Snapshot, wanted: Wanted): OpenCredential {
    const { name, origin, at } = wanted
    const known = leases.find(name, origin, at)
    if (known !== null) return known
    const { record, until } = openFresh(snapshot, wanted)
    const { placement, origins, value } = record
    if (placement !== null) return leases.start(name, { placement, origins, value }, at, until)
    value.fill(0)
    return refuse(wanted, 'wrong_kind', 'it is a key that signs, and is never sent: name it in `sign`')
  }

  function sign(snapshot: Snapshot, wanted: Wanted): OpenSigner {
    const known = signers.find(wanted.name, wanted.origin, wanted.at)
    if (known !== null) return known
    const { record, entry, until } = openFresh(snapshot, wanted)
    try {
      if (record.kind.is === 'signing-key') return signers.start(entry, record, record.kind.algorithm, wanted.at, until)
    } finally {
      record.value.fill(0)
    }
    return refuse(wanted, 'wrong_kind', 'it is a secret, not a key that signs: make one with `cloakroom signing-key add`')
  }

  function openFresh(snapshot: Snapshot, wanted: Wanted): { record: CredentialRecord; entry: LedgerEntry; until: Instant } {
    const { name, origin, at } = wanted
    const choice = chooseVersion(snapshot.byName.get(name) ?? [], at)
    if (choice.kind === 'none') return refuse(wanted, choice.because, DETAILS[choice.because])
    const { entry, until } = choice
    const record = openCredential(keyring, entry, snapshot.row(name, entry.version))
    if (record === null) {
      return refuse(wanted, 'record_altered', `version ${entry.version} is not the record that was sealed: the database was changed`)
    }
    if (!record.origins.includes(origin)) {
      record.value.fill(0)
      return refuse(wanted, 'origin_not_sealed', `it was sealed for ${record.origins.join(', ')} only`)
    }
    uses.note(name, entry.version, at, snapshot.row(name, entry.version)?.lastUsedAt ?? null)
    return { record, entry, until }
  }

  return {
    open: (name, origin, at) => withVault({ name, origin, at }, place),
    openSigner: (name, origin, at) => withVault({ name, origin, at }, sign),
    close: drop,
  }
}

const DETAILS = {
  unknown: 'there is none of this name: `cloakroom secret add` it',
  revoked: 'all its versions are revoked: `cloakroom secret rotate` brings a new one',
  not_yet: 'its version has not begun yet',
  expired: 'its last version has ended: `cloakroom secret rotate` brings a new one',
} as const
