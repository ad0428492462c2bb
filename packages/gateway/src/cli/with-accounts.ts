import type { AccountOutcome, Accounts, Cause } from '../account/accounts.ts'
import { ownKeys } from '../account/own-keys.ts'
import { createPasswords } from '../account/password.ts'
import { createSignIn, type PeopleParts, type SignIn } from '../account/sign-in.ts'
import { COMMAND } from '../audit/event.ts'
import { compilePolicy, publicOriginOf } from '../config/compile.ts'
import type { Config } from '../config/paths.ts'
import { demandsSecondFactor } from '../decide/freshness.ts'
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
    const { config, stores, audit, vault } = opened
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
      people: await peopleOf(opened, world),
    })
    return await work(accounts, { at: world.clock(), actor: COMMAND }, { factors, sessions, links, stores, demandsSecondFactor: demands })
  })
}

/** The mail client is loaded for those who have a mail server. */
async function peopleOf({ config, vault, stores }: OpenedVault, { clock, random }: World): Promise<PeopleParts | null> {
  if (config.mail === null) return null
  const { openPost } = await import('../outlets.ts')
  const post = openPost({ config, vault, clock, random })
  if (post === null) return null
  const origin = publicOriginOf(config)
  const site = { name: config.theme.name ?? new URL(origin).hostname, origin, basePath: config.basePath }
  const onFailure = (cause: unknown): never => {
    throw cause
  }
  return { ...post, resets: stores.resets, later: systemLater, site: () => site, onFailure }
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
