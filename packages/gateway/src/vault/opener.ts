import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Later } from '../lib/later.ts'
import type { OpenCredential } from '../parts.ts'
import type { VaultStore } from '../store/store.ts'
import type { Book } from './book.ts'
import { openCredential } from './credentials.ts'
import type { Keyring } from './keyring.ts'
import { createLeases } from './leases.ts'
import type { Snapshot } from './snapshot.ts'
import { createUses } from './uses.ts'
import { chooseVersion } from './versions.ts'

export type OpenFailureReason =
  | 'unknown'
  | 'revoked'
  | 'not_yet'
  | 'expired'
  | 'origin_not_sealed'
  | 'record_altered'
  | 'vault_altered'
  | 'store_failed'

/** A credential that was asked for and not given. Holds no value. */
export interface OpenFailure {
  readonly name: string
  readonly origin: string
  readonly at: Instant
  readonly reason: OpenFailureReason
  /** For the operator. */
  readonly detail: string
}

export interface Opener {
  /** Answers at once when the store does and nothing has changed; throws GateError. */
  open(name: string, origin: string, at: Instant): Awaitable<OpenCredential>
  close(): void
}

export interface OpenerOptions {
  readonly later: Later
  readonly onFailure: (failure: OpenFailure) => void
}

export function createOpener(store: VaultStore, book: Book, keyring: Keyring, { later, onFailure }: OpenerOptions): Opener {
  const leases = createLeases(later)
  const uses = createUses(store)
  const reported = new Map<string, Instant>()
  /** The snapshot that the leases were opened from: after any other one, a revocation of our own included, they are void. */
  let leased: Snapshot | null = null

  function open(name: string, origin: string, at: Instant): Awaitable<OpenCredential> {
    let revision: Awaitable<number>
    try {
      revision = store.revision()
    } catch (cause) {
      return refuseUnread(name, origin, at, cause)
    }
    if (typeof revision === 'number') return openAt(revision, name, origin, at)
    return revision.then(
      (known) => openAt(known, name, origin, at),
      (cause: unknown) => refuseUnread(name, origin, at, cause),
    )
  }

  function openAt(revision: number, name: string, origin: string, at: Instant): Awaitable<OpenCredential> {
    const snapshot = book.last()
    if (snapshot?.revision === revision) return openFrom(snapshot, name, origin, at)
    // Somebody wrote, here or in another process: it may have been a revocation.
    leases.drop()
    return book.refresh().then(
      (fresh) => openFrom(fresh, name, origin, at),
      (cause: unknown) => refuseUnread(name, origin, at, cause),
    )
  }

  function openFrom(snapshot: Snapshot, name: string, origin: string, at: Instant): OpenCredential {
    if (snapshot !== leased) {
      leases.drop()
      leased = snapshot
    }
    return leases.find(name, origin, at) ?? openFresh(snapshot, name, origin, at)
  }

  function openFresh(snapshot: Snapshot, name: string, origin: string, at: Instant): OpenCredential {
    const choice = chooseVersion(snapshot.byName.get(name) ?? [], at)
    if (choice.kind === 'none') return refuse({ name, origin, at, reason: choice.because, detail: DETAILS[choice.because] })
    const { entry, until } = choice
    const record = openCredential(keyring, entry, snapshot.row(name, entry.version))
    if (record === null) {
      return refuse({
        name,
        origin,
        at,
        reason: 'record_altered',
        detail: `version ${entry.version} is not the record that was sealed: the database was changed`,
      })
    }
    if (!record.origins.includes(origin)) {
      record.value.fill(0)
      return refuse({ name, origin, at, reason: 'origin_not_sealed', detail: `it was sealed for ${record.origins.join(', ')} only` })
    }
    uses.note(name, entry.version, at, snapshot.row(name, entry.version)?.lastUsedAt ?? null)
    return leases.start(name, record, at, until)
  }

  function refuseUnread(name: string, origin: string, at: Instant, cause: unknown): never {
    if (cause instanceof GateError && cause.code === 'credential_unavailable') {
      report({ name, origin, at, reason: 'vault_altered', detail: cause.message })
      throw cause
    }
    report({ name, origin, at, reason: 'store_failed', detail: 'the store did not answer' })
    throw new GateError('store_unavailable', `the credential ${name} cannot be read: the store did not answer`, { cause })
  }

  function refuse(failure: OpenFailure): never {
    report(failure)
    throw new GateError('credential_unavailable', `the credential ${failure.name} for ${failure.origin}: ${failure.detail}`)
  }

  /** A broken credential on a busy route must not fill the audit trail. */
  function report(failure: OpenFailure): void {
    const key = `${failure.reason} ${failure.origin} ${failure.name}`
    const before = reported.get(key)
    if (before !== undefined && failure.at - before < QUIET_MS && failure.at >= before) return
    if (reported.size >= MOST_REPORTED) reported.clear()
    reported.set(key, failure.at)
    onFailure(failure)
  }

  return { open, close: () => leases.drop() }
}

const QUIET_MS = 60_000
const MOST_REPORTED = 1000

const DETAILS = {
  unknown: 'there is none of this name: `cloakroom secret add` it',
  revoked: 'all its versions are revoked: `cloakroom secret rotate` brings a new one',
  not_yet: 'its version has not begun yet',
  expired: 'its last version has ended: `cloakroom secret rotate` brings a new one',
} as const
