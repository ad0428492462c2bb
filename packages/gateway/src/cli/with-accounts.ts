import type { AccountOutcome, Accounts, Cause } from '../account/accounts.ts'
import { ownKeys } from '../account/own-keys.ts'
import { createPasswords } from '../account/password.ts'
import { createSignIn, type PeopleParts, type SignIn } from '../account/sign-in.ts'
import type { AuditEvent } from '@cloakroom/contract'
import type { Notices } from '../account/mail/notices.ts'
import { auditEvent, COMMAND } from '../audit/event.ts'
import { compilePolicy, publicOriginOf } from '../config/compile.ts'
import type { Config } from '../config/paths.ts'
import { demandsSecondFactor } from '../decide/freshness.ts'
import type { AuditPart } from '../parts.ts'
import { systemLater } from '../lib/later.ts'
import type { Stores } from '../store/store.ts'
import { PURPOSES } from '../purposes.ts'
import { type OpenedSessions, openSessions } from './open-sessions.ts'
import { type OpenedVault, withVault } from './open.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** What a command can do with accounts besides changing them. */
export interface AccountTools extends Pick<SignIn, 'factors' | 'links'> {
  readonly stores: Pick<Stores, 'accounts'>
  readonly sessions: OpenedSessions['sessions']
  readonly demandsSecondFactor: (roles: readonly string[]) => boolean
}

/** Runs `work` on the accounts. The vault is open, because it keeps the key that passwords are hashed under. */
export async function withAccounts(
  world: World,
  file: string,
  work: (accounts: Accounts, cause: Cause, tools: AccountTools) => Promise<Outcome>,
): Promise<Outcome> {
  return await withVault(world, file, async (opened) => {
    const { config, stores, vault } = opened
    const mail = await openMail(opened, world)
    const audit = mail === null ? opened.audit : heard(opened.audit, (event) => mail.notices?.event(event))
    const { sessions } = openSessions(opened, world)
    const { secondFactor } = compilePolicy(config)
    const demands = (roles: readonly string[]): boolean => demandsSecondFactor(secondFactor, roles)
    const { accounts, factors, links } = createSignIn({
      store: stores.accounts,
      factorStore: stores.factors,
      counters: stores.counters,
      nonces: stores.nonces,
      sessions,
      passwords: createPasswords({ pepper: vault.deriveKey(PURPOSES.passwords), random: world.random }),
      keys: ownKeys((purpose) => vault.deriveKey(purpose), world.random),
      site: () => ({ origin: publicOriginOf(config), name: config.theme.name ?? '' }),
      demandsSecondFactor: demands,
      audit,
      random: world.random,
      ownWords: () => ownWords(config),
      tellBefore: (address, event) => mail?.notices?.event(event, address),
      people: mail?.people ?? null,
    })
    const outcome = await work(
      accounts,
      { at: world.clock(), actor: COMMAND },
      { factors, sessions, links, stores, demandsSecondFactor: demands },
    )
    // Whoever's account it is hears of it from the command itself: the gateway may not be running.
    await mail?.notices?.flush()
    return outcome
  })
}

/** The trail, and somebody who listens. */
function heard(audit: AuditPart, hear: (event: AuditEvent) => void): AuditPart {
  return {
    note(event) {
      audit.note(event)
      hear(event)
    },
    async commit(event) {
      await audit.commit(event)
      hear(event)
    },
  }
}

interface OpenedMail {
  readonly people: PeopleParts | null
  readonly notices: Notices | null
}

/** Letters to people, for those who have a mail server; the mail client is loaded with the first letter. */
async function openMail(opened: OpenedVault, { clock, random, terminal }: World): Promise<OpenedMail | null> {
  const { config, vault, stores, audit } = opened
  if (config.mail === null) return null
  const { letterSite, openNotices, openPost } = await import('../post.ts')
  const post = openPost({ config, vault, clock, random })
  if (post === null) return null
  const site = letterSite(config, { publicOrigin: publicOriginOf(config) })
  // Somebody sits and waits: what the server does not take at once is said.
  const shared = { ...post, later: systemLater, waits: [], site: () => site }
  const notices = openNotices({ config, vault, clock, random, post, stores, ...shared }, (account) => {
    audit.note(
      auditEvent({ kind: 'notice.failed', at: clock(), actor: COMMAND, target: account, result: 'failed', detail: { mail: true } }),
    )
    terminal.err(`The letter to ${account} did not go out. Try the mail server: cloakroom mail test ADDRESS\n`)
  })
  const onFailure = (cause: unknown): never => {
    throw cause
  }
  return { people: config.mail.recovery ? { ...shared, resets: stores.resets, onFailure } : null, notices }
}

/** The site's host and name: what somebody would try first here. */
function ownWords(config: Config): readonly string[] {
  const { host } = new URL(publicOriginOf(config))
  return [host, config.theme.name ?? host]
}

/** Shows what came of a change to an account. */
export function toldAccount(outcome: AccountOutcome, text: string): Outcome {
  switch (outcome.kind) {
    case 'done':
      return done(text, outcome.account)
    case 'throttled':
      return failed(EXIT.unavailable, 'Too many attempts.', `Try again in ${Math.ceil(outcome.retryAfterMs / 1000)} s.`)
    case 'refused':
      return failed(EXIT.failed, outcome.why, FIXES[outcome.code])
  }
}

const FIXES: Readonly<Record<Extract<AccountOutcome, { kind: 'refused' }>['code'], string>> = {
  name_refused: 'Choose another name, as in ada or ada@example.com.',
  mail_refused: 'Write one plain address; take it back with `cloakroom account set-mail NAME --none`.',
  name_taken: 'Choose another name, or give this one a new password: cloakroom account set-password NAME',
  unknown_account: 'See the accounts with `cloakroom account list`.',
  password_wrong: 'Type it again.',
  password_too_short: 'Choose a longer password and run this again.',
  password_too_long: 'Choose a shorter password and run this again.',
  password_unreadable: 'Choose another password and run this again.',
  password_blocklisted: 'Choose another password and run this again.',
}
