import type { KeyObject } from 'node:crypto'
import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Clock } from '../lib/clock.ts'
import { systemLater, type Later } from '../lib/later.ts'
import type { Random } from '../lib/random.ts'
import type { OpenCertificate, OpenCredential, OpenSigner, PublicKeysPart, VaultPart, VaultVersion } from '../parts.ts'
import type { MintStore, VaultStore } from '../store/store.ts'
import { openBook, type Book, type Plan } from './book.ts'
import { planAdd, planRevoke, planRotate, type Sealing } from './changes.ts'
import { expiringVersions, type ExpiringVersion } from './expiring.ts'
import type { Exchange } from './grant.ts'
import type { KeyProvider } from './keys/provider.ts'
import { openKeyring, type Keyring } from './keyring.ts'
import { createMinter, type Minter } from './mint.ts'
import type { OpenFailure } from './open-failure.ts'
import { createOpener } from './opener.ts'
import type { CredentialView, NewSecret, NewVersion, VaultNote, VaultOutcome, VaultRefusal } from './outcome.ts'
import { publishedKeys } from './published.ts'
import { rekey, type Rekeyed, type RekeyOptions, type RekeyProgress } from './rekey.ts'
import { openSlot, type SlotPurpose } from './slots.ts'
import type { Snapshot } from './snapshot.ts'
import { spellingsOf, type VersionSpellings } from './spellings.ts'
import { notesOn } from './value.ts'
import { viewAll, viewOne } from './view.ts'

/** The open vault. What it promises in writing is in docs/vault.md. No call gives a value out but `open`, for a request, and `spellings`, for a search. */
export interface Vault extends VaultPart, PublicKeysPart {
  openSigner(name: string, origin: string, at: Instant): Awaitable<OpenSigner>
  openCertificate(name: string, origin: string, at: Instant): Awaitable<OpenCertificate>
  /** True of a version that is not there, too. Throws GateError when the store does not say. */
  isRevoked(version: VaultVersion, at: Instant): Awaitable<boolean>
  second(name: string, origin: string, at: Instant, refused: OpenCredential): Awaitable<OpenCredential | null>
  /** From now on credentials can be minted: `exchange` reaches authorization servers. */
  connect(exchange: Exchange): void
  list(): Promise<readonly CredentialView[]>
  add(name: string, secret: NewSecret, at: Instant): Promise<VaultOutcome>
  /** A new version, used from `notBefore` on; the versions before are used only while it has not begun, and end after `retireAfterMs`. */
  rotate(name: string, next: NewVersion, at: Instant): Promise<VaultOutcome>
  /** Ends one version, or with null all of them, at once and for good. */
  revoke(name: string, version: number | null, at: Instant): Promise<VaultOutcome>
  rekey(options: RekeyOptions, at: Instant, progress?: RekeyProgress): Promise<Rekeyed>
  /** Every version that still has a value, in all spellings, for `scan`: they stay in this process, and the caller overwrites them. */
  spellings(at: Instant): Promise<readonly VersionSpellings[]>
  /** 32 bytes for another use, the same ones as long as the vault lives: `purpose` is part of the program, not of a request. */
  deriveKey(purpose: string): KeyObject
  /** Versions whose end is near or past and that no newer one takes over from; as of the last look at the store. */
  expiring(at: Instant, withinMs: number): readonly ExpiringVersion[]
  /** Forgets keys and plaintext. */
  close(): void
}

export interface VaultOptions {
  readonly clock: Clock
  readonly random: Random
  /** `recovery` opens the other slot, when the main key is lost. */
  readonly purpose?: SlotPurpose
  readonly later?: Later
  /** Where minted credentials are kept; without it none is minted. */
  readonly minted?: MintStore
  /** Told of failed openings, at most once a minute for the same one. Must not throw. */
  readonly onFailure?: (failure: OpenFailure) => void
}

/** Throws GateError `credential_unavailable` when there is no vault, when the key is not its key, or when the database was changed. */
export async function openVault(store: VaultStore, provider: KeyProvider, options: VaultOptions): Promise<Vault> {
  const meta = await store.readMeta()
  if (meta === null) throw new GateError('credential_unavailable', 'there is no vault in this store yet: run `cloakroom init`')
  const root = await openSlot(await store.slots(), provider, options.purpose ?? 'main', meta.vaultId)
  const keyring = openKeyring(meta.vaultId, root)
  const book = openBook(store, keyring, options.random)
  await book.refresh()
  return assemble(store, book, keyring, options)
}

function assemble(
  store: VaultStore,
  book: Book,
  keyring: Keyring,
  { clock, random, later = systemLater, onFailure, minted }: VaultOptions,
): Vault {
  const sealing: Sealing = { keyring, fingerprints: keyring.derive('vault/fingerprint'), random }
  let minter: Minter | null = null
  const opener = createOpener(store, book, keyring, { later, onFailure: onFailure ?? (() => undefined), minter: () => minter })
  let closed = false

  function whileOpen(): void {
    if (closed) throw new GateError('credential_unavailable', 'the vault is closed')
  }

  async function change(
    name: string,
    at: Instant,
    notes: readonly VaultNote[],
    plan: (snapshot: Snapshot) => Plan<VaultRefusal>,
  ): Promise<VaultOutcome> {
    whileOpen()
    const written = await book.change(at, plan)
    if (written.kind === 'stopped') return written.because
    const credential = viewOne(written.snapshot, name, at)
    if (credential === null) throw new GateError('internal', `${name} is gone right after it was written`)
    return { kind: 'done', credential, notes }
  }

  return {
    open(name: string, origin: string, at: Instant): Awaitable<OpenCredential> {
      whileOpen()
      return opener.open(name, origin, at)
    },
    openSigner(name: string, origin: string, at: Instant): Awaitable<OpenSigner> {
      whileOpen()
      return opener.openSigner(name, origin, at)
    },
    openCertificate(name: string, origin: string, at: Instant): Awaitable<OpenCertificate> {
      whileOpen()
      return opener.openCertificate(name, origin, at)
    },
    isRevoked(version, at) {
      whileOpen()
      return opener.isRevoked(version, at)
    },
    second(name, origin, at, refused) {
      whileOpen()
      return opener.second(name, origin, at, refused)
    },
    connect(exchange) {
      if (minted === undefined) return
      minter = createMinter({ store: minted, keyring, clock, later, random, exchange, signer: opener.openSigner })
    },
    async published(names, at) {
      whileOpen()
      const known = book.last()
      const snapshot = known !== null && known.revision === (await store.revision()) ? known : await book.refresh()
      return { keys: publishedKeys(snapshot, keyring, names, at) }
    },
    async list() {
      whileOpen()
      return viewAll(await book.refresh(), clock())
    },
    async add(name, secret, at) {
      try {
        return await change(name, at, notesOn(secret.value, secret.kind?.is ?? 'secret'), (snapshot) =>
          planAdd(snapshot, sealing, name, secret, at),
        )
      } finally {
        secret.value.fill(0)
      }
    },
    async rotate(name, next, at) {
      try {
        return await change(name, at, notesOn(next.value, next.is ?? 'secret'), (snapshot) => planRotate(snapshot, sealing, name, next, at))
      } finally {
        next.value.fill(0)
      }
    },
    async revoke(name, version, at) {
      const outcome = await change(name, at, [], (snapshot) => planRevoke(snapshot, name, version, at))
      // What was minted with it would open the API until it ends.
      if (outcome.kind === 'done') await minted?.forget(`${name}\n`)
      return outcome
    },
    rekey(options, at, progress) {
      whileOpen()
      return rekey(store, book, keyring, options, at, random, progress)
    },
    async spellings(at) {
      whileOpen()
      return spellingsOf(await book.refresh(), keyring, at)
    },
    deriveKey(purpose) {
      whileOpen()
      return keyring.derive(purpose)
    },
    expiring: (at, withinMs) => expiringVersions(book.last(), at, withinMs),
    close() {
      closed = true
      opener.close()
    },
  }
}
