import type { Instant } from '../decide/head.ts'
import type { AccountId } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** Who may sign in. */
export interface Account {
  readonly id: AccountId
  /** As its owner writes it. */
  readonly name: string
  /** The name folded for comparison: NFKC, lower case. Unique. */
  readonly key: string
  /** PHC string of the password hash; null when no password is set. */
  readonly password: string | null
  readonly roles: readonly string[]
  /** Where its owner reads mail; null when nobody knows. */
  readonly mail: string | null
  /** What letters to its owner are written in: a language of the pages; null when nobody knows. */
  readonly language: string | null
  readonly disabledAt: Instant | null
  /** Wrong passwords in a row, from anywhere but known devices. */
  readonly failures: number
  /** Set when too many failures disabled the password; other factors keep working. */
  readonly passwordLockedAt: Instant | null
  readonly createdAt: Instant
  readonly passwordChangedAt: Instant | null
  readonly lastLoginAt: Instant | null
  /** Since then a new password is to be set at the next sign-in; null: no. */
  readonly resetRequiredAt: Instant | null
}

/** Durable. */
export interface AccountStore {
  /** False when the key is taken. */
  insert(account: Account): Awaitable<boolean>
  find(id: AccountId): Awaitable<Account | null>
  findByKey(key: string): Awaitable<Account | null>
  /** Whatever the case of the letters; the first few, by key. */
  findByMail(mail: string): Awaitable<readonly Account[]>
  /** Changes the named columns of an account that exists; null when it does not. */
  update(id: AccountId, change: Partial<Omit<Account, 'id' | 'key' | 'createdAt'>>): Awaitable<Account | null>
  /** Adds one to `failures`, atomically; the new count. */
  addFailure(id: AccountId): Awaitable<number>
  /** False when there was none. Nothing else that names it is touched. */
  remove(id: AccountId): Awaitable<boolean>
  list(): Awaitable<readonly Account[]>
  /** By key: those that begin with `prefix` and come after `after`, which is empty for the first page. */
  page(prefix: string, after: string, limit: number): Awaitable<readonly Account[]>
}
