import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Later } from '../lib/later.ts'
import type { OpenCertificate, OpenCredential, OpenSigner, VaultVersion } from '../parts.ts'
import type { VaultStore } from '../store/store.ts'
import type { Book } from './book.ts'
import { createCertificates } from './certificates.ts'
import { openCredential } from './credentials.ts'
import type { Keyring } from './keyring.ts'
import { isCertified } from './kind.ts'
import { createLeases } from './leases.ts'
import type { LedgerEntry } from './ledger.ts'
import { MintFailure, type Minter } from './mint.ts'
import type { OAuthClient } from './oauth-client.ts'
import { createFailures, type OpenFailure } from './open-failure.ts'
import type { CredentialRecord } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { createSigners } from './signers.ts'
import { createUses } from './uses.ts'
import { chooseVersion } from './versions.ts'
import { inWindow } from './window.ts'

export interface Opener {
  /** Answers at once when the store does and nothing has changed; throws GateError. */
  open(name: string, origin: string, at: Instant): Awaitable<OpenCredential>
  /** Another credential of this name, after the API refused this one; null when there is none worth trying. */
  second(name: string, origin: string, at: Instant, refused: OpenCredential): Awaitable<OpenCredential | null>
  /** The same for a key that signs. */
  readonly openSigner: (name: string, origin: string, at: Instant) => Awaitable<OpenSigner>
  readonly openCertificate: (name: string, origin: string, at: Instant) => Awaitable<OpenCertificate>
  /** True of a version that is not there, too. */
  isRevoked(version: VaultVersion, at: Instant): Awaitable<boolean>
  close(): void
}

export interface OpenerOptions {
  readonly later: Later
  readonly onFailure: (failure: OpenFailure) => void
  /** Null until something can ask an authorization server. */
  readonly minter: () => Minter | null
}

/** What is asked for: a name, for an origin, now. */
interface Wanted {
  readonly name: string
  readonly origin: string
  readonly at: Instant
}

type Use<T> = (snapshot: Snapshot, wanted: Wanted) => Awaitable<T>

interface Fresh {
  readonly record: CredentialRecord
  readonly entry: LedgerEntry
  readonly until: Instant
}

export function createOpener(store: VaultStore, book: Book, keyring: Keyring, { later, onFailure, minter }: OpenerOptions): Opener {
  const leases = createLeases(later)
  const signers = createSigners()
  const certificates = createCertificates(keyring)
  const uses = createUses(store)
  const { refuse, refuseUnread } = createFailures(onFailure)
  /** The snapshot that the leases were opened from: after any other one, a revocation of our own included, they are void. */
  let leased: Snapshot | null = null
  /** An API that refuses whatever it gets must not have a token minted for every request. */
  const remintedAt = new Map<string, Instant>()

  function drop(): void {
    leases.drop()
    signers.drop()
    certificates.drop()
  }

  /** Runs `use` on the vault as it is now, at once when the store answers at once and nothing has changed. */
  function withVault<T>(wanted: Wanted, use: Use<T>): Awaitable<T> {
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

  function useAt<T>(revision: number, wanted: Wanted, use: Use<T>): Awaitable<T> {
    const snapshot = book.last()
    if (snapshot?.revision === revision) return useFrom(snapshot, wanted, use)
    // Somebody wrote, here or in another process: it may have been a revocation.
    drop()
    return book.refresh().then(
      (fresh) => useFrom(fresh, wanted, use),
      (cause: unknown) => refuseUnread(wanted, cause),
    )
  }

  function useFrom<T>(snapshot: Snapshot, wanted: Wanted, use: Use<T>): Awaitable<T> {
    if (snapshot !== leased) {
      drop()
      leased = snapshot
    }
    return use(snapshot, wanted)
  }

  function place(snapshot: Snapshot, wanted: Wanted): Awaitable<OpenCredential> {
    const { name, origin, at } = wanted
    return leases.find(name, origin, at) ?? placeFresh(name, wanted, openFresh(snapshot, wanted), null)
  }

  /** `lease`: under which name the plaintext is kept for its moment. */
  function placeFresh(
    lease: string,
    wanted: Wanted,
    { record, entry, until }: Fresh,
    refused: Uint8Array | null,
  ): Awaitable<OpenCredential> {
    const { at } = wanted
    const { kind, placement, origins, value } = record
    const of = { name: entry.name, version: entry.version }
    if (kind.is === 'oauth' && placement !== null) return mint(lease, wanted, { record, entry, until }, kind.client, refused)
    if (kind.is === 'window' && placement !== null) {
      const now = inWindow(value, kind.seconds, at)
      return leases.start(lease, { of, placement, origins, value: now.value }, at, Math.min(until, now.until))
    }
    if (placement !== null) return leases.start(lease, { of, placement, origins, value }, at, until)
    value.fill(0)
    return refuse(wanted, 'wrong_kind', `it is never sent: name it in \`${kind.is === 'signing-key' ? 'sign' : 'clientCertificate'}\``)
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

  function certify(snapshot: Snapshot, wanted: Wanted): OpenCertificate {
    const known = certificates.find(wanted.name, wanted.origin, wanted.at)
    if (known !== null) return known
    const { record, entry, until } = openFresh(snapshot, wanted)
    try {
      const opened = isCertified(record.kind) ? certificates.start(snapshot, entry, record, wanted.at, until) : null
      if (opened !== null) return opened
    } finally {
      record.value.fill(0)
    }
    return refuse(wanted, 'wrong_kind', 'it is no client certificate: store one with `cloakroom secret add-certificate`')
  }

  async function mint(
    lease: string,
    wanted: Wanted,
    fresh: Fresh,
    client: OAuthClient,
    rejected: Uint8Array | null,
  ): Promise<OpenCredential> {
    const { record, entry, until } = fresh
    const { name, version } = entry
    try {
      const asked = minter()?.current({ name, version, client, secret: record.value, rejected })
      if (asked === undefined) return refuse(wanted, 'mint_failed', 'nothing here asks authorization servers')
      const minted = await asked
      const { placement, origins } = record
      if (placement === null) return refuse(wanted, 'wrong_kind', 'it has no place on a request')
      // It may have been revoked while the server was asked.
      return await withVault(wanted, (snapshot) => {
        const choice = chooseVersion(snapshot.byName.get(name) ?? [], wanted.at)
        if (choice.kind === 'none') return refuse(wanted, choice.because, DETAILS[choice.because])
        return leases.start(
          lease,
          { of: { name, version }, placement, origins, value: minted.value },
          wanted.at,
          Math.min(until, minted.until),
        )
      })
    } catch (cause) {
      if (cause instanceof MintFailure) return refuse(wanted, 'mint_failed', cause.message)
      throw cause
    } finally {
      record.value.fill(0)
    }
  }

  /** A spare: the version before, or an access token that is minted anew. */
  function spare(snapshot: Snapshot, wanted: Wanted, refused: OpenCredential): Awaitable<OpenCredential | null> {
    const { name, at } = wanted
    const versions = snapshot.byName.get(name) ?? []
    const choice = chooseVersion(versions, at)
    if (choice.kind === 'none') return null
    const { kind, version } = choice.entry
    if (kind.is === 'oauth') {
      if (at - (remintedAt.get(name) ?? -Infinity) < REMINT_MS) return null
      remintedAt.set(name, at)
      return placeFresh(name, wanted, openFresh(snapshot, wanted), Uint8Array.from(refused.secret.reveal()))
    }
    const others = versions.filter((entry) => entry.version !== version)
    if (chooseVersion(others, at).kind === 'none') return null
    const fresh = openFresh(snapshot, wanted, others)
    return placeFresh(leaseOf(name, fresh.entry.version), wanted, fresh, null)
  }

  function openFresh(snapshot: Snapshot, wanted: Wanted, versions = snapshot.byName.get(wanted.name) ?? []): Fresh {
    const { name, origin, at } = wanted
    const choice = chooseVersion(versions, at)
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
    second: (name, origin, at, refused) => withVault({ name, origin, at }, (snapshot, wanted) => spare(snapshot, wanted, refused)),
    openSigner: (name, origin, at) => withVault({ name, origin, at }, sign),
    openCertificate: (name, origin, at) => withVault({ name, origin, at }, certify),
    isRevoked: ({ name, version }, at) =>
      withVault({ name, origin: 'none', at }, ({ byName }) => {
        const entry = byName.get(name)?.find((each) => each.version === version)
        return entry === undefined || entry.revokedAt !== null
      }),
    close: drop,
  }
}

const REMINT_MS = 30_000

/** No credential's name holds a line end. */
function leaseOf(name: string, version: number): string {
  return `${name}\n${version}`
}

const DETAILS = {
  unknown: 'there is none of this name: `cloakroom secret add` it',
  revoked: 'all its versions are revoked: `cloakroom secret rotate` brings a new one',
  not_yet: 'its version has not begun yet',
  expired: 'its last version has ended: `cloakroom secret rotate` brings a new one',
} as const
