import type { AuditEvent } from '@cloakroom/contract'
import { auditEvent, type EventParts } from '../audit/event.ts'
import { readAccountName, accountKey } from '../decide/account-name.ts'
import type { Instant } from '../decide/head.ts'
import { readMailAddress } from '../decide/mail-address.ts'
import { changeHits, codeHits } from '../decide/login-throttle.ts'
import { judgePassword, type PasswordRefusal } from '../decide/password-policy.ts'
import type { AccountId, RevokeReason, Standing } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { Account, AccountStore, CounterStore } from '../store/store.ts'
import { commonPasswords } from './common-passwords.ts'
import type { Passwords } from './password.ts'
import { clearAttempts, countAttempt } from './throttle.ts'

/** Who and when: what an audit event takes from a request or a command. */
export type Cause = Pick<EventParts, 'at' | 'request' | 'address' | 'actor'>

export interface AccountParts {
  readonly store: AccountStore
  readonly counters: Pick<CounterStore, 'add' | 'clear'>
  readonly sessions: {
    endAll(account: AccountId, at: Instant, because: RevokeReason): Awaitable<number>
    standing(account: AccountId): Awaitable<Standing>
  }
  readonly passwords: Passwords
  readonly audit: AuditPart
  readonly random: Random
  /** Does the owner demand a second factor beside the password? Then the password may be shorter. Left out: no. */
  readonly demandsSecondFactor?: (roles: readonly string[]) => boolean
  /** Tells somebody at an address that was the account's until now. */
  readonly tellBefore?: (address: string, event: AuditEvent) => void
  /** Words that must not be passwords here: the site's host and name. */
  readonly ownWords: () => readonly string[]
}

/** An account as it may be shown: without the hash. */
export type AccountSummary = Omit<Account, 'password'> & { readonly hasPassword: boolean }

export type AccountRefusal = 'name_refused' | 'mail_refused' | 'name_taken' | 'unknown_account' | 'password_wrong' | PasswordRefusal

export type AccountOutcome =
  | { readonly kind: 'done'; readonly account: AccountSummary }
  | { readonly kind: 'refused'; readonly code: AccountRefusal; readonly why: string }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

export type Replaced =
  | { readonly kind: 'done'; readonly stored: Account; readonly generation: number }
  | { readonly kind: 'refused'; readonly code: AccountRefusal | 'password_same'; readonly why: string }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

export interface NewAccount {
  readonly name: string
  readonly password: string
  readonly roles: readonly string[]
  /** Where its owner reads mail. Left out: nobody knows. */
  readonly mail?: string | null
}

/** Accounts as their owner manages them. Every change is in the audit trail before it is acknowledged. Throws GateError `store_unavailable`, `busy`. */
export interface Accounts {
  add(fresh: NewAccount, cause: Cause): Promise<AccountOutcome>
  /** Where its owner reads mail; null: nowhere. Links that were mailed before are dead. */
  setMail(name: string, mail: string | null, cause: Cause): Promise<AccountOutcome>
  list(): Promise<readonly AccountSummary[]>
  find(name: string): Promise<AccountSummary | null>
  /** Ends all its sessions at once. */
  disable(name: string, cause: Cause): Promise<AccountOutcome>
  /** Also lifts the locks that too many wrong passwords and codes have set. */
  enable(name: string, cause: Cause): Promise<AccountOutcome>
  /** The owner's way: no current password needed. Ends all its sessions, lifts the lock. */
  setPassword(name: string, password: string, cause: Cause): Promise<AccountOutcome>
  /** The account's own way. Ends all its sessions, the caller's too: a new one is to be started for her. */
  changePassword(id: AccountId, current: string, next: string, cause: Cause): Promise<AccountOutcome>
  /** Assume breach: ends all its sessions; at the next sign-in a new password is to be set, after the second factor where there is one. */
  forceReset(name: string, cause: Cause): Promise<AccountOutcome>
  get(id: AccountId): Promise<AccountSummary | null>
  /** The last step of a login that demands a new password: not the old one again. Ends all sessions; `generation` is the one that counts from now on. */
  replacePassword(id: AccountId, next: string, why: 'forced' | 'recovery', cause: Cause): Promise<Replaced>
  /** Letters to its owner are in this language from now on. */
  speak(id: AccountId, language: string): Promise<void>
  /** Is it open, with the password that it had then? To be asked once a session exists: it may have been closed while that was begun. */
  stands(then: AccountSummary): Promise<boolean>
}

export function createAccounts(parts: AccountParts): Accounts {
  const { store, sessions, passwords, audit, random } = parts

  async function byName(name: string): Promise<Account | null> {
    return await ask(() => store.findByKey(accountKey(name)))
  }

  async function change(account: Account, columns: Parameters<AccountStore['update']>[1]): Promise<Account> {
    return (await ask(() => store.update(account.id, columns))) ?? account
  }

  async function note(kind: EventParts['kind'], account: Account, cause: Cause, detail: EventParts['detail'] = {}): Promise<void> {
    await audit.commit(auditEvent({ ...cause, kind, target: account.name, detail }))
  }

  async function judge(password: string, name: string, roles: readonly string[]): Promise<AccountOutcome | null> {
    const context = {
      secondFactor: parts.demandsSecondFactor?.(roles) ?? false,
      ownWords: [name, ...parts.ownWords()],
      isCommon: await commonPasswords(),
    }
    const verdict = judgePassword(password, context)
    return verdict.kind === 'accepted' ? null : verdict
  }

  async function add(fresh: NewAccount, cause: Cause): Promise<AccountOutcome> {
    const read = readAccountName(fresh.name)
    if (read.kind === 'refused') return { kind: 'refused', code: 'name_refused', why: read.why }
    const mail = fresh.mail === undefined || fresh.mail === null ? null : readMailAddress(fresh.mail)
    if (mail === null && typeof fresh.mail === 'string') return noMail(fresh.mail)
    const weak = await judge(fresh.password, read.name, fresh.roles)
    if (weak !== null) return weak
    const account: Account = {
      id: random(16).toString('base64url'),
      name: read.name,
      key: read.key,
      password: await passwords.hash(fresh.password),
      roles: fresh.roles,
      mail,
      language: null,
      disabledAt: null,
      failures: 0,
      passwordLockedAt: null,
      createdAt: cause.at,
      passwordChangedAt: cause.at,
      lastLoginAt: null,
      resetRequiredAt: null,
    }
    if (!(await ask(() => store.insert(account))))
      return { kind: 'refused', code: 'name_taken', why: `There is an account ${read.name} already.` }
    await note('account.added', account, cause, { roles: fresh.roles.join(' ') })
    return done(account)
  }

  async function setMail(name: string, mail: string | null, cause: Cause): Promise<AccountOutcome> {
    const account = await byName(name)
    if (account === null) return unknown(name)
    const read = mail === null ? null : readMailAddress(mail)
    if (mail !== null && read === null) return noMail(mail)
    const changed = await change(account, { mail: read })
    const event = auditEvent({ ...cause, kind: 'account.mail_set', target: account.name, detail: { mail: read !== null } })
    await audit.commit(event)
    // The address of before is told as well: whoever moved the account to his own must not be the only one who knows.
    if (account.mail !== null && account.mail !== read) parts.tellBefore?.(account.mail, event)
    return done(changed)
  }

  async function disable(name: string, cause: Cause): Promise<AccountOutcome> {
    const account = await byName(name)
    if (account === null) return unknown(name)
    // First closed, then emptied: a login that is under way finds it closed, or its session among those that end.
    const changed = await change(account, { disabledAt: account.disabledAt ?? cause.at })
    const ended = await ask(() => sessions.endAll(account.id, cause.at, 'account-disabled'))
    await note('account.disabled', changed, cause, { sessions: ended })
    return done(changed)
  }

  async function enable(name: string, cause: Cause): Promise<AccountOutcome> {
    const account = await byName(name)
    if (account === null) return unknown(name)
    const changed = await change(account, { disabledAt: null, failures: 0, passwordLockedAt: null })
    await clearAttempts(parts.counters, codeHits(account.id))
    await note('account.enabled', changed, cause)
    return done(changed)
  }

  async function forceReset(name: string, cause: Cause): Promise<AccountOutcome> {
    const account = await byName(name)
    if (account === null) return unknown(name)
    // First demanded, then emptied: a login that is under way finds the demand, or its session among those that end.
    const changed = await change(account, { resetRequiredAt: cause.at })
    const ended = await ask(() => sessions.endAll(account.id, cause.at, 'reset-forced'))
    await note('account.reset_forced', changed, cause, { sessions: ended })
    return done(changed)
  }

  async function storePassword(account: Account, password: string, at: Instant): Promise<{ changed: Account; ended: number }> {
    const hash = await passwords.hash(password)
    const fresh = { password: hash, passwordChangedAt: at, resetRequiredAt: null, failures: 0, passwordLockedAt: null }
    const changed = await change(account, fresh)
    return { changed, ended: await ask(() => sessions.endAll(account.id, at, 'password-changed')) }
  }

  async function setPassword(name: string, password: string, cause: Cause): Promise<AccountOutcome> {
    const account = await byName(name)
    if (account === null) return unknown(name)
    const weak = await judge(password, account.name, account.roles)
    if (weak !== null) return weak
    const { changed, ended } = await storePassword(account, password, cause.at)
    await note('account.password_set', changed, cause, { sessions: ended })
    return done(changed)
  }

  async function changePassword(id: AccountId, current: string, next: string, cause: Cause): Promise<AccountOutcome> {
    const account = await ask(() => store.find(id))
    if (account === null) return unknown('')
    const hits = changeHits(id)
    const place = passwords.reserve()
    try {
      const retryAfterMs = await countAttempt(parts.counters, hits, cause.at)
      if (retryAfterMs !== null) return { kind: 'throttled', retryAfterMs }
      const { holds } = await place.verify(current, account.password)
      if (!holds) return { kind: 'refused', code: 'password_wrong', why: 'The current password is not right.' }
    } finally {
      place.release()
    }
    await clearAttempts(parts.counters, hits)
    const weak = await judge(next, account.name, account.roles)
    if (weak !== null) return weak
    const { changed, ended } = await storePassword(account, next, cause.at)
    await note('password.changed', changed, cause, { factor: 'password', sessions: ended })
    return done(changed)
  }

  async function replacePassword(id: AccountId, next: string, why: 'forced' | 'recovery', cause: Cause): Promise<Replaced> {
    const account = await ask(() => store.find(id))
    if (account === null) return { kind: 'refused', code: 'unknown_account', why: 'The account is gone.' }
    const hits = changeHits(id)
    const place = passwords.reserve()
    try {
      const retryAfterMs = await countAttempt(parts.counters, hits, cause.at)
      if (retryAfterMs !== null) return { kind: 'throttled', retryAfterMs }
      // MFA-22: whoever demanded a new password had a reason to distrust this one.
      const { holds } = await place.verify(next, account.password)
      if (holds) return { kind: 'refused', code: 'password_same', why: 'This is the password that is to be replaced.' }
    } finally {
      place.release()
    }
    const weak = await judge(next, account.name, account.roles)
    if (weak?.kind === 'refused') return weak
    const { changed, ended } = await storePassword(account, next, cause.at)
    await clearAttempts(parts.counters, hits)
    await note('password.changed', changed, cause, { factor: why, sessions: ended })
    const { generation } = await ask(() => sessions.standing(id))
    return { kind: 'done', stored: changed, generation }
  }

  return {
    add,
    setMail,
    async speak(id, language) {
      await ask(() => store.update(id, { language }))
    },
    replacePassword,
    async get(id) {
      const account = await ask(() => store.find(id))
      return account === null ? null : summary(account)
    },
    list: async () => (await ask(() => store.list())).map(summary),
    async find(name) {
      const account = await byName(name)
      return account === null ? null : summary(account)
    },
    disable,
    enable,
    setPassword,
    changePassword,
    forceReset,
    async stands(then) {
      const now = await ask(() => store.find(then.id))
      return (
        now !== null &&
        now.disabledAt === null &&
        now.passwordChangedAt === then.passwordChangedAt &&
        now.resetRequiredAt === then.resetRequiredAt
      )
    },
  }
}

function done(account: Account): AccountOutcome {
  return { kind: 'done', account: summary(account) }
}

export function summary({ password, ...shown }: Account): AccountSummary {
  return { ...shown, hasPassword: password !== null }
}

function noMail(mail: string): AccountOutcome {
  return { kind: 'refused', code: 'mail_refused', why: `${mail} is no mail address, as in ada@example.com.` }
}

function unknown(name: string): AccountOutcome {
  return { kind: 'refused', code: 'unknown_account', why: `There is no account ${name}.` }
}
