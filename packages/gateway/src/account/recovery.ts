import { auditEvent } from '../audit/event.ts'
import { accountKey, readAccountName } from '../decide/account-name.ts'
import { forgotHits } from '../decide/login-throttle.ts'
import { LOGIN_START } from '../decide/login.ts'
import { readMailAddress } from '../decide/mail-address.ts'
import type { AccountId, Standing } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { Later } from '../lib/later.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { AuditPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { Account, AccountStore, CounterStore } from '../store/store.ts'
import type { Cause } from './accounts.ts'
import type { Factors } from './factors.ts'
import type { Login, LoginOutcome } from './login.ts'
import type { ResetLinks } from './reset-links.ts'
import { countAttempt } from './throttle.ts'

export interface RecoveryParts {
  readonly store: AccountStore
  readonly counters: Pick<CounterStore, 'add'>
  readonly sessions: { standing(account: AccountId): Awaitable<Standing> }
  readonly factors: Pick<Factors, 'list'>
  readonly login: Pick<Login, 'move'>
  readonly links: ResetLinks
  readonly audit: AuditPart
  readonly later: Later
  /** Work that nobody waits for failed. */
  readonly onFailure: (cause: unknown) => void
}

/** A forgotten password, replaced through a link by mail. Throws GateError `store_unavailable`, `busy`. */
export interface Recovery {
  /**
   * Somebody types an account or an address. The answer comes before anybody looks whether there is such an account: same words, same time
   * (PWD-13). Null, or the milliseconds to wait.
   */
  request(typed: string, address: string, language: string, cause: Cause): Promise<number | null>
  /** The owner demanded a new password, and somebody has shown the old one: the way on goes through the mail. Nobody waits for it. */
  remind(account: AccountId, language: string, cause: Cause): void
  /** The name of the account whose link this is; null for one that does not count (any more). */
  look(token: string, cause: Cause): Promise<string | null>
  /** Uses the link up: a login in progress that leads to a new password, past the second factor. Null for a link that does not count. */
  begin(token: string, next: string, cause: Cause): Promise<LoginOutcome | null>
  /** What nobody waits for is done. */
  settled(): Promise<void>
}

export function createRecovery({ store, counters, sessions, factors, login, links, audit, later, onFailure }: RecoveryParts): Recovery {
  const working = new Set<Promise<void>>()

  /** After the answer has gone out: stores answer at once, and what they do must not be part of its time. */
  function afterwards(work: () => Promise<void>): void {
    const done = new Promise<void>((resolve) => void later(resolve, AFTERWARDS_MS))
      .then(work)
      .catch(onFailure)
      .finally(() => void working.delete(done))
    working.add(done)
  }

  async function mailTo(account: Account, language: string, cause: Cause): Promise<void> {
    const sent = await links.send(account, account.language ?? language, cause)
    const isMailed = sent === 'sent' || sent === 'not_sent'
    const outcome = isMailed ? {} : ({ result: 'refused', reason: sent } as const)
    audit.note(auditEvent({ ...cause, kind: 'recovery.requested', target: account.name, ...outcome }))
  }

  async function answer(typed: string, language: string, cause: Cause): Promise<void> {
    const found = await accountsOf(typed)
    if (found.length === 0) {
      await links.feign(cause)
      // What was typed is not written down: it may be a stranger's address, or a password in the wrong field.
      audit.note(auditEvent({ ...cause, kind: 'recovery.requested', result: 'refused', reason: 'unknown_account' }))
    }
    for (const account of found) await mailTo(account, language, cause)
  }

  async function accountsOf(typed: string): Promise<readonly Account[]> {
    if (readAccountName(typed.trim()).kind === 'name') {
      const named = await ask(() => store.findByKey(accountKey(typed)))
      if (named !== null) return [named]
    }
    const mail = readMailAddress(typed)
    // The letter goes to the address that is stored, never to the one that was typed.
    return mail === null ? [] : await ask(() => store.findByMail(mail))
  }

  return {
    async request(typed, address, language, cause) {
      if (working.size >= MOST_AT_ONCE) throw new GateError('busy', 'too many letters are waiting', { retryAfterMs: 10_000 })
      const wait = await countAttempt(counters, forgotHits(address), cause.at)
      if (wait === null) afterwards(() => answer(typed, language, cause))
      return wait
    },
    remind(id, language, cause) {
      if (working.size >= MOST_AT_ONCE) return
      afterwards(async () => {
        const account = await ask(() => store.find(id))
        if (account !== null) await mailTo(account, language, cause)
      })
    },
    async look(token, { at }) {
      return (await links.look(token, at))?.name ?? null
    },
    async begin(token, next, cause) {
      const account = await links.take(token, cause.at)
      if (account === null) {
        audit.note(auditEvent({ ...cause, kind: 'recovery.opened', result: 'refused', reason: 'link_outdated' }))
        return null
      }
      await audit.commit(auditEvent({ ...cause, kind: 'recovery.opened', target: account.name }))
      const { generation } = await ask(() => sessions.standing(account.id))
      const context = { generation, isKnownDevice: false, isPasswordLocked: false, next }
      const own = await factors.list(account.id)
      return await login.move(account, own, LOGIN_START, { kind: 'mail-link', holds: true }, context, cause)
    },
    async settled() {
      while (working.size > 0) await Promise.all(working)
    },
  }
}

const AFTERWARDS_MS = 50

/** Letters take a second or minutes; a mail server that hangs must not fill the memory. */
const MOST_AT_ONCE = 100
