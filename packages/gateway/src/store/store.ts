import type { AuditEvent } from '@cloakroom/contract'
import type { DenialName } from '../decide/bearer.ts'
import type { Count, Hit } from '../decide/counters.ts'
import type { Instant } from '../decide/head.ts'
import type { AccountId, Claim, RevokeReason, Session, SessionId, Standing } from '../decide/session.ts'
import type { AccountStore } from './account-store.ts'
import type { ResetStore } from './reset-store.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { MintStore } from './minted.ts'
import type { BanStore, DecisionStore } from './verdict-stores.ts'
import type { GrantStore, IdentityStore } from './provider-stores.ts'
import type { ChainCut, ChainEntry, ChainHead, ChainPen, ChainSigner, SignedHead } from './audit-chain.ts'
import type { UseStore } from './use-store.ts'
import type { HoldStore } from './holds.ts'
import type { LockdownStore } from './lockdown.ts'
import type { SessionQuery } from './session-query.ts'

export type { Account, AccountStore } from './account-store.ts'
export type { MintedRow, MintStore } from './minted.ts'

/** The most rows that one call of a `sweep` deletes: it holds the write lock for milliseconds. Call again while it returns as many. */
export const SWEEP_ROWS = 1_000

/** Hot. What session/sessions.ts needs. No method brings a session back: writing is always "if it still exists". */
export interface SessionStore {
  /** Generation 0 and no roles for an account that was never seen. */
  standing(account: AccountId): Awaitable<Standing>
  setRoles(account: AccountId, roles: readonly string[]): Awaitable<void>
  /** False, and nothing is stored, when the account's generation is no longer `session.generation`, or when the id exists. */
  insert(session: Session): Awaitable<boolean>
  find(id: SessionId): Awaitable<Claim | null>
  /** As `find`, for many at once: a claim or null for each id, in their order. */
  findAll(ids: readonly SessionId[]): Awaitable<readonly (Claim | null)[]>
  /** Only ever forward, only if the session exists and is not revoked. */
  touch(id: SessionId, seenAt: Instant): Awaitable<boolean>
  /** Atomically revokes `old` (as `replaced`) and inserts `next`; false, and nothing changes, when `old` is gone or revoked or `next` outdated. Durable when it returns. */
  rotate(old: SessionId, next: Session): Awaitable<boolean>
  /** False when there was nothing to revoke. Durable when it returns. */
  revoke(id: SessionId, at: Instant, because: RevokeReason): Awaitable<boolean>
  /** Raises the account's generation, which ends all its sessions on every node. Returns how many were alive. Durable when it returns. */
  revokeAll(account: AccountId, at: Instant, because: RevokeReason): Awaitable<number>
  /** Raises the generation of every account, also of one that was never seen: one small write, however many there are; to `atLeast` where it is lower. Durable when it returns. */
  revokeEveryone(atLeast?: number): Awaitable<void>
  /** Writes down of sessions of an older generation when and why they ended, at most SWEEP_ROWS: they are dead already. Returns how many. */
  markRevoked(at: Instant, because: RevokeReason): Awaitable<number>
  /** Grows with every end of a session or an account's sessions, and never falls: a copy of the store from before is told by it. */
  ended(): Awaitable<number>
  /** Sessions that are not revoked and of the current generation, oldest first. Expired ones may be among them. */
  list(account: AccountId): Awaitable<readonly Session[]>
  /** As `list`, over all accounts, newest first, at most `limit`. */
  listAll(limit: number): Awaitable<readonly Session[]>
  /** Those that nobody and no time has ended, the newest first: one page. */
  page(query: SessionQuery): Awaitable<readonly Session[]>
  /** Deletes sessions that were last seen before `seenBefore` or authenticated before `authenticatedBefore`, at most SWEEP_ROWS. Returns how many. */
  sweep(seenBefore: Instant, authenticatedBefore: Instant): Awaitable<number>
}

/** Hot. */
export interface CounterStore {
  /** Counts one arrival on each; one round trip. Counts come in the order of the hits. */
  add(hits: readonly Hit[], at: Instant): Awaitable<readonly Count[]>
  /** Forgets a counter: a success ends a row of failures. */
  clear(keys: readonly string[]): Awaitable<void>
  sweep(at: Instant): Awaitable<number>
}

/** Hot. JWTs of other issuers that count no more. */
export interface DenialStore {
  /** What is named so and was issued at or before `notBefore` is denied, until `expiresAt`; only ever raised. Durable when it returns. */
  deny(name: DenialName, notBefore: Instant, expiresAt: Instant): Awaitable<void>
  /** `notBefore` or null for each name, in their order. */
  find(names: readonly DenialName[]): Awaitable<readonly (Instant | null)[]>
  sweep(at: Instant): Awaitable<number>
}

/** Hot. */
export interface NonceStore {
  /** True exactly once per purpose and id, whoever asks, until it expires. */
  spend(purpose: string, id: string, expiresAt: Instant): Awaitable<boolean>
  sweep(at: Instant): Awaitable<number>
}

/** Something beside the password that an account can show. */
export interface StoredFactor {
  /** Of a passkey its credential id, base64url; else random. Unique over all accounts. */
  readonly id: string
  readonly account: AccountId
  readonly kind: 'totp' | 'passkey' | 'recovery-codes'
  /** As its owner calls it. */
  readonly name: string
  /** By kind, as text: a sealed seed, a public key with its counter, keyed hashes of codes. Opens nothing by itself. */
  readonly content: string
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
}

/** Durable. */
export interface FactorStore {
  /** False when the id is taken, by whichever account. */
  insert(factor: StoredFactor): Awaitable<boolean>
  find(id: string): Awaitable<StoredFactor | null>
  /** Of an account, oldest first. */
  list(account: AccountId): Awaitable<readonly StoredFactor[]>
  /** Replaces the content if it is still `was`, and notes the use; false when it is not, or when the factor is gone. */
  use(id: string, was: string, content: string, at: Instant): Awaitable<boolean>
  /** False when the account has no such factor. */
  remove(account: AccountId, id: string): Awaitable<boolean>
  /** As `remove`, but never the last one that can be asked for at sign-in: looked at and removed in one step, so that two at once leave one. */
  removeUnlessLast(account: AccountId, id: string): Awaitable<boolean>
  /** How many there were. */
  removeAll(account: AccountId): Awaitable<number>
}

/** A program's key as it is stored: its secret half only as a hash. */
export interface MachineKeyRow {
  /** The key's public part. Unique. */
  readonly id: string
  /** Unique among those that are not revoked. */
  readonly name: string
  /** SHA-256 of the secret part, base64url. 256 random bits need no slow hash. */
  readonly digest: string
  /** As `API: METHOD /pattern`. */
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Addresses and ranges; empty: any. */
  readonly from: readonly string[]
  readonly max: number
  readonly perMs: number
  readonly createdAt: Instant
  readonly expiresAt: Instant | null
  readonly revokedAt: Instant | null
  readonly lastUsedAt: Instant | null
  readonly lastAddress: string | null
}

/** Durable. */
export interface MachineKeyStore {
  /** False when the id exists, or the name belongs to a key that is not revoked. */
  insert(key: MachineKeyRow): Awaitable<boolean>
  find(id: string): Awaitable<MachineKeyRow | null>
  /** False when there was nothing to revoke. Durable when it returns; nothing undoes it. */
  revoke(id: string, at: Instant): Awaitable<boolean>
  /** Only ever forward. */
  noteUse(id: string, at: Instant, address: string): Awaitable<void>
  /** By name, then by age; revoked ones, too. */
  list(): Awaitable<readonly MachineKeyRow[]>
}

export type VersionState = 'staged' | 'active' | 'retiring' | 'revoked'

export interface SlotRow {
  readonly id: string
  /** The key provider's name: `file`, `passphrase`, `env`, `exec`. */
  readonly provider: string
  /** `main` opens the vault at start, `recovery` when the main key is lost. */
  readonly purpose: 'main' | 'recovery'
  /** The provider's public parameters as JSON: salt, cost, path. No secret. */
  readonly parameters: string
  /** The wrapped root key. */
  readonly wrapped: string
  readonly createdAt: Instant
}

export interface GenerationRow {
  readonly number: number
  readonly wrapped: string
  readonly createdAt: Instant
}

export interface RecordRow {
  readonly name: string
  readonly version: number
  readonly state: VersionState
  /** `ck1.…`; see vault/seal.ts. */
  readonly sealed: string
  /** Keyed hash of the value, to recognise it without reading it. */
  readonly fingerprint: string
  readonly notBefore: Instant | null
  readonly notAfter: Instant | null
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
}

/** A record as its writer last saw it; `sealed` null: it did not exist. */
export interface SealedMark {
  readonly name: string
  readonly version: number
  readonly sealed: string | null
}

/** Durable. Holds ciphertext only. */
export interface VaultStore {
  readMeta(): Awaitable<{ readonly vaultId: string } | null>
  /** Creates the vault in one transaction; false when there is one already. */
  create(vaultId: string, slots: readonly SlotRow[], generation: GenerationRow): Awaitable<boolean>
  slots(): Awaitable<readonly SlotRow[]>
  /** Replaces all slots in one transaction. */
  replaceSlots(slots: readonly SlotRow[]): Awaitable<void>
  generations(): Awaitable<readonly GenerationRow[]>
  addGeneration(generation: GenerationRow): Awaitable<void>
  records(): Awaitable<readonly RecordRow[]>
  /**
   * Inserts and updates in one transaction; rows are keyed by name and version. With `onlyIf`: false, and nothing is written, when that
   * record's `sealed` is another one by now (`null`: when it exists), so that two writers cannot undo each other's revocations.
   */
  writeRecords(rows: readonly RecordRow[], onlyIf?: SealedMark): Awaitable<boolean>
  /** Notes a use; may be coalesced. */
  noteUse(name: string, version: number, at: Instant): Awaitable<void>
  /** Changes whenever anybody, in this process or another, wrote to the vault. Cheap enough for every request. */
  revision(): Awaitable<number>
}

export interface StoredEvent extends AuditEvent {
  readonly seq: number
}

export interface AuditQuery {
  readonly limit: number
  readonly kind?: string
  readonly account?: string
  readonly request?: string
  /** Only entries with a smaller number: the next page. */
  readonly before?: number
}

/** Durable. One chain, whoever writes to it; see audit-chain.ts. */
export interface AuditStore {
  /** One transaction; in order; continues the chain from where any writer left it. The head that was signed, null without a seal. */
  append(events: readonly AuditEvent[], pen: ChainPen): Awaitable<ChainHead | null>
  /** The newest first. */
  read(query: AuditQuery): Awaitable<readonly StoredEvent[]>
  /** The chain itself, oldest first, from behind `after`. */
  chain(after: number, limit: number): Awaitable<readonly ChainEntry[]>
  /** Every signature over the chain, oldest first. */
  signatures(): Awaitable<ChainSignatures>
  /** Entries older than `olderThan` by their own time and of one of these kinds or, with `not`, of none of them; never the last entry; oldest first. */
  findOld(query: AuditAge): Awaitable<readonly ChainEntry[]>
  /** How many entries there are. */
  count(): Awaitable<number>
  /** Puts amended entries in the place of those with their number and digest; others stay. One transaction. Returns how many. */
  amend(entries: readonly ChainEntry[]): Awaitable<number>
  /** Deletes these entries but the last of the chain and leaves signed cuts in their place, one for each run of them. One transaction. Returns how many. */
  cut(seqs: readonly number[], signer: ChainSigner): Awaitable<number>
}

export interface ChainSignatures {
  readonly heads: readonly SignedHead[]
  readonly cuts: readonly ChainCut[]
}

export interface AuditAge {
  readonly olderThan: Instant
  readonly kinds: readonly string[]
  readonly not: boolean
  readonly limit: number
}

/** Everything that outlives the process. `close` flushes. */
export interface Stores {
  readonly sessions: SessionStore
  readonly grants: GrantStore
  readonly counters: CounterStore
  readonly nonces: NonceStore
  readonly bans: BanStore
  readonly decisions: DecisionStore
  readonly uses: UseStore
  readonly denials: DenialStore
  readonly minted: MintStore
  readonly accounts: AccountStore
  readonly resets: ResetStore
  readonly factors: FactorStore
  readonly machineKeys: MachineKeyStore
  readonly identities: IdentityStore
  readonly vault: VaultStore
  readonly audit: AuditStore
  readonly holds: HoldStore
  readonly lockdown: LockdownStore
  close(): Awaitable<void>
}
