import { createHash } from 'node:crypto'
import { auditEvent } from '../audit/event.ts'
import { resetHits } from '../decide/login-throttle.ts'
import type { Instant } from '../decide/head.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { ResetStore } from '../store/reset-store.ts'
import type { Account, AccountStore, CounterStore } from '../store/store.ts'
import type { Cause } from './accounts.ts'
import type { Letters } from './mail/letters.ts'
import { countAttempt } from './throttle.ts'

/** NIST SP 800-63B-4 §4.2.1.2 allows a day for mail. */
export const LINK_MS = 30 * 60_000

export type LinkSent = 'sent' | 'disabled' | 'no_mail' | 'no_password' | 'too_many_attempts' | 'not_sent'

export interface ResetLinkParts {
  readonly store: ResetStore
  readonly accounts: Pick<AccountStore, 'find'>
  readonly counters: Pick<CounterStore, 'add'>
  readonly letters: Letters
  readonly audit: AuditPart
  readonly random: Random
}

/** Links to a new password: 256 random bits, of which the store keeps a hash; once, for half an hour, and only the account's newest. */
export interface ResetLinks {
  /** Mails one to the account's address, if it has one; what came of it is for the audit trail and the owner, never for who asked. */
  send(account: Account, language: string, cause: Cause): Promise<LinkSent>
  /** The store's share of the work, for a name without an account: nobody who measures sees a difference (PWD-13). */
  feign(cause: Cause): Promise<void>
  /** Whose link is it? Uses nothing up: mail scanners open links, too. */
  look(token: string, at: Instant): Promise<Account | null>
  /** As `look`, and the link is used. */
  take(token: string, at: Instant): Promise<Account | null>
}

export function createResetLinks({ store, accounts, counters, letters, audit, random }: ResetLinkParts): ResetLinks {
  async function send(account: Account, language: string, cause: Cause): Promise<LinkSent> {
    const { mail } = account
    if (account.disabledAt !== null) return 'disabled'
    if (mail === null) return 'no_mail'
    // Who signs in elsewhere has none that could be replaced.
    if (account.password === null) return 'no_password'
    if ((await countAttempt(counters, resetHits(account.id), cause.at)) !== null) return 'too_many_attempts'
    const token = random(32).toString('base64url')
    await ask(() => store.put({ account: account.id, hash: hashOf(token), stamp: stampOf(account), expiresAt: cause.at + LINK_MS }))
    try {
      await letters.send(mail, 'reset', language, {
        account: account.name,
        link: letters.link(`/reset?token=${token}`),
        minutes: String(LINK_MS / 60_000),
        address: cause.address ?? '–',
        time: momentOf(cause.at),
      })
    } catch {
      audit.note(auditEvent({ ...cause, kind: 'recovery.mailed', target: account.name, result: 'failed', reason: 'not_sent' }))
      return 'not_sent'
    }
    audit.note(auditEvent({ ...cause, kind: 'recovery.mailed', target: account.name }))
    return 'sent'
  }

  async function standing(row: Awaited<ReturnType<ResetStore['find']>>, at: Instant): Promise<Account | null> {
    if (row === null || at >= row.expiresAt) return null
    const account = await ask(() => accounts.find(row.account))
    return account === null || account.disabledAt !== null || stampOf(account) !== row.stamp ? null : account
  }

  return {
    send,
    async feign({ at }) {
      await countAttempt(counters, resetHits(''), at)
      await ask(() => store.put({ account: '', hash: hashOf(random(32).toString('base64url')), stamp: '', expiresAt: at }))
    },
    look: async (token, at) => (isToken(token) ? await standing(await ask(() => store.find(hashOf(token))), at) : null),
    take: async (token, at) => (isToken(token) ? await standing(await ask(() => store.take(hashOf(token))), at) : null),
  }
}

export function isToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text)
}

/** `2026-11-27 15:01 UTC`: read the same in every language. */
export function momentOf(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** What makes a link dead when it changes: the password it would replace, and the address it went to. */
function stampOf({ passwordChangedAt, mail, resetRequiredAt }: Account): string {
  return createHash('sha256')
    .update(JSON.stringify([passwordChangedAt, mail, resetRequiredAt]))
    .digest('base64url')
}
