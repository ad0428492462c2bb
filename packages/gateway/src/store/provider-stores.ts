import type { Instant } from '../decide/head.ts'
import type { AccountId, SessionId } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** The tokens of one session, sealed with a key of which half is in the visitor's cookie: nobody else can open them. */
export interface Grant {
  /** SHA-256 of the cookie's value. */
  readonly id: string
  readonly session: SessionId
  readonly provider: string
  readonly issuer: string
  readonly subject: string
  /** The provider's name for its session. */
  readonly sid: string | null
  readonly sealed: string
  /** Counts the writes; begins at 0. */
  readonly version: number
  readonly expiresAt: Instant
}

/** Hot. No method brings a grant back: writing is always "if it still exists, and is still mine". */
export interface GrantStore {
  /** False when the id exists. Durable when it returns. */
  insert(grant: Grant): Awaitable<boolean>
  find(id: string): Awaitable<Grant | null>
  /** True for one asker at a time: until it writes, lets go, or `until` has come. False as well when the grant is gone or its version another one. */
  lease(id: string, version: number, owner: string, at: Instant, until: Instant): Awaitable<boolean>
  /** Writes the next version and ends the lease, at once; false, and nothing is written, unless the lease is still this owner's. Durable when it returns. */
  replace(id: string, owner: string, sealed: string): Awaitable<boolean>
  /** Ends the lease without a change. */
  letGo(id: string, owner: string): Awaitable<void>
  /** The session goes on under another identifier. */
  follow(from: SessionId, to: SessionId): Awaitable<void>
  /** False when there was none. Durable when it returns. */
  remove(id: string): Awaitable<boolean>
  /** The sessions that a person has from an issuer; with `sid` those of that session of the provider's only, with `subject` null those of anybody. */
  sessionsOf(issuer: string, subject: string | null, sid: string | null): Awaitable<readonly SessionId[]>
  /** Deletes all of them. Returns how many. Durable when it returns. */
  removeAll(): Awaitable<number>
  /** Deletes what has expired, at most SWEEP_ROWS. */
  sweep(at: Instant): Awaitable<number>
}

/** Somebody at an OpenID Provider, and whose account that is here. Issuer and subject together are the person; an address never is. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  readonly account: AccountId
  /** The roles that the provider gave at the last sign-in. */
  readonly roles: readonly string[]
  readonly linkedAt: Instant
  readonly lastLoginAt: Instant | null
}

/** Durable. */
export interface IdentityStore {
  /** False when this person is linked already, to whatever account. */
  insert(identity: Identity): Awaitable<boolean>
  find(issuer: string, subject: string): Awaitable<Identity | null>
  /** The oldest first. */
  ofAccount(account: AccountId): Awaitable<readonly Identity[]>
  /** Notes a sign-in; false when nobody is linked. */
  note(issuer: string, subject: string, roles: readonly string[], at: Instant): Awaitable<boolean>
  /** Only from this account; false when it is not linked with it. */
  remove(account: AccountId, issuer: string, subject: string): Awaitable<boolean>
}
