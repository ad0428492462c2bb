import * as z from 'zod'
import { type AccountOutcome, type AccountSummary, summary } from '../account/accounts.ts'
import { isShown } from '../account/factors.ts'
import { ROLE_NAME, setRoles } from '../account/roles.ts'
import type { LinkSent } from '../account/reset-links.ts'
import { accountKey } from '../decide/account-name.ts'
import { isLocked } from '../decide/login.ts'
import { ask } from '../store/ask.ts'
import type { Account } from '../store/store.ts'
import { type AdminCall, type AdminEndpoint, endpoint, refused, type Said, said } from './endpoint.ts'
import { factorView, showFactor } from './me-endpoints.ts'
import { next, openCursor, OUTDATED, pageQuery, sealCursor } from './paging.ts'

const moment = z.iso.datetime()

const accountView = z.object({
  name: z.string(),
  roles: z.array(z.string()),
  state: z.enum(['active', 'disabled', 'locked', 'new-password-due']),
  hasPassword: z.boolean(),
  hasMail: z.boolean(),
  createdAt: moment,
  lastLoginAt: moment.nullable(),
})

const resetView = z.object({
  withoutSecondFactor: z
    .array(z.string())
    .describe('Of these whoever has the old password could set the new one: no second factor, and no link by mail. Better disable them.'),
})

/** Visitors' accounts. What takes or shows a password, or where a link to one is mailed, is not here. */
export const ACCOUNTS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'listAccounts',
    method: 'GET',
    path: '/accounts',
    callers: 'viewer',
    about: 'The accounts by name, in pages.',
    query: z.strictObject({ prefix: z.string().max(128).default('').describe('Whose names begin like this.'), ...pageQuery }),
    answer: z.object({ accounts: z.array(accountView), next }),
    run: list,
  }),
  endpoint({
    id: 'showAccount',
    method: 'GET',
    path: '/accounts/{name}',
    callers: 'viewer',
    about: 'One account with its second factors.',
    answer: accountView.extend({ factors: z.array(factorView) }),
    run: async (call) => {
      const account = await named(call)
      if (account === null) return refused('not_found')
      const factors = await call.parts.factors.list(account.id)
      return said({ ...show(summary(account), call.at), factors: factors.map(showFactor) })
    },
  }),
  endpoint({
    id: 'disableAccount',
    method: 'POST',
    path: '/accounts/{name}/disable',
    callers: 'operator',
    change: true,
    about: 'Locks an account and ends all its sessions, at once.',
    answer: accountView,
    run: async (call) => told(call, await call.parts.accounts.disable(call.params['name'] ?? '', call.cause)),
  }),
  endpoint({
    id: 'enableAccount',
    method: 'POST',
    path: '/accounts/{name}/enable',
    callers: 'operator',
    change: true,
    about: 'Lets a disabled account sign in again; also lifts the lock of too many wrong passwords or codes.',
    answer: accountView,
    run: async (call) => told(call, await call.parts.accounts.enable(call.params['name'] ?? '', call.cause)),
  }),
  endpoint({
    id: 'forceReset',
    method: 'POST',
    path: '/accounts/{name}/force-reset',
    callers: 'operator',
    change: true,
    about:
      'Assume breach: ends the sessions now; at the next sign-in its owner sets a new password, after the second factor or a mailed link.',
    answer: resetView,
    run: async (call) => {
      const outcome = await call.parts.accounts.forceReset(call.params['name'] ?? '', call.cause)
      if (outcome.kind !== 'done') return refused('not_found')
      return said({ withoutSecondFactor: await withoutSecond(call, [outcome.account]) })
    },
  }),
  endpoint({
    id: 'forceResetOfAll',
    method: 'POST',
    path: '/accounts/force-reset-all',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'The same for every account.',
    answer: resetView.extend({ accounts: z.int() }),
    run: async (call) => {
      const reset: AccountSummary[] = []
      for (const { name } of await call.parts.accounts.list()) {
        const outcome = await call.parts.accounts.forceReset(name, call.cause)
        if (outcome.kind === 'done') reset.push(outcome.account)
      }
      return said({ accounts: reset.length, withoutSecondFactor: await withoutSecond(call, reset) })
    },
  }),
  endpoint({
    id: 'sendReset',
    method: 'POST',
    path: '/accounts/{name}/send-reset',
    callers: 'operator',
    change: true,
    about: 'Mails its owner a link to a new password. Nobody here sets or sees it.',
    body: z.strictObject({ language: z.enum(['en', 'de']).default('en') }),
    answer: null,
    run: sendReset,
  }),
  endpoint({
    id: 'setRoles',
    method: 'POST',
    path: '/accounts/{name}/roles',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Gives an account other roles, for its sessions from the next request on.',
    body: z.strictObject({ roles: z.array(z.string().regex(ROLE_NAME, 'That is not the name of a role')).max(50) }),
    answer: accountView,
    run: async (call) => {
      const account = await named(call)
      const changed = account === null ? null : await setRoles(call.parts, account, call.body.roles, call.cause)
      return changed === null ? refused('not_found') : said(show(summary(changed), call.at))
    },
  }),
  endpoint({
    id: 'removeFactor',
    method: 'POST',
    path: '/accounts/{name}/factors/{factor}/remove',
    callers: 'operator',
    change: true,
    grave: true,
    about: 'Removes a second factor, as after a lost phone, and ends the account’s sessions. Be sure that it is really its owner who asks.',
    answer: z.object({ ended: z.int() }),
    run: async (call) => {
      const account = await named(call)
      if (account === null) return refused('not_found')
      const removed = await call.parts.factors.remove(account, call.params['factor'] ?? '', false, call.cause)
      if (removed !== 'removed') return refused('not_found')
      // Whoever has the lost phone may be signed in on it.
      return said({ ended: await ask(() => call.parts.sessions.endAll(account.id, call.at, 'factors-changed')) })
    },
  }),
]

type ListQuery = AdminCall<{ readonly prefix: string; readonly limit: number; readonly cursor?: string | undefined }>

async function list(call: ListQuery): Promise<Said<{ accounts: z.output<typeof accountView>[]; next: string | null }>> {
  const { prefix, limit, cursor } = call.query
  const after = cursor === undefined ? [''] : openCursor(call, 'accounts', cursor)
  if (after === null) return refused('admin_request_refused', OUTDATED)
  const found = await ask(() => call.parts.stores.accounts.page(accountKey(prefix), after[0] ?? '', limit + 1))
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const more = found.length > limit && last !== undefined ? sealCursor(call, 'accounts', [last.key]) : null
  return said({ accounts: page.map((account) => show(summary(account), call.at)), next: more })
}

async function named(call: AdminCall): Promise<Account | null> {
  return await ask(() => call.parts.stores.accounts.findByKey(accountKey(call.params['name'] ?? '')))
}

function show(account: AccountSummary, at: number): z.output<typeof accountView> {
  const { name, roles, disabledAt, resetRequiredAt, hasPassword, mail, createdAt, lastLoginAt } = account
  const open = isLocked(account, at) ? 'locked' : resetRequiredAt === null ? 'active' : 'new-password-due'
  return {
    name,
    roles: [...roles],
    state: disabledAt === null ? open : 'disabled',
    hasPassword,
    hasMail: mail !== null,
    createdAt: new Date(createdAt).toISOString(),
    lastLoginAt: lastLoginAt === null ? null : new Date(lastLoginAt).toISOString(),
  }
}

function told(call: AdminCall, outcome: AccountOutcome): Said<z.output<typeof accountView>> {
  return outcome.kind === 'done' ? said(show(outcome.account, call.at)) : refused('not_found')
}

async function withoutSecond({ parts }: AdminCall, accounts: readonly AccountSummary[]): Promise<string[]> {
  const bare: string[] = []
  for (const { id, name, mail } of accounts)
    if ((parts.links === null || mail === null) && !(await parts.factors.list(id)).some(isShown)) bare.push(name)
  return bare
}

async function sendReset(call: AdminCall<unknown, { readonly language: string }>): Promise<Said<null>> {
  if (call.parts.links === null) return refused('admin_conflict', 'No mail is sent from here: `mail` is not configured.')
  const account = await named(call)
  if (account === null) return refused('not_found')
  const sent = await call.parts.links.send(account, call.body.language, call.cause)
  if (sent === 'too_many_attempts') return refused('too_many_attempts')
  return sent === 'sent' ? said(null) : refused('admin_conflict', NOT_SENT[sent])
}

const NOT_SENT: Readonly<Record<Exclude<LinkSent, 'sent' | 'too_many_attempts'>, string>> = {
  disabled: 'The account is disabled. Enable it first.',
  no_mail: 'Nobody knows where its owner reads mail: cloakroom account set-mail NAME ADDRESS',
  no_password: 'This account has no password: its owner signs in at a provider.',
  not_sent: 'The mail server did not take the letter.',
}
