import { createAccounts, type AccountOutcome, type Accounts, type Cause } from '../account/accounts.ts'
import { createPasswords } from '../account/password.ts'
import { COMMAND } from '../audit/event.ts'
import { publicOriginOf } from '../config/compile.ts'
import type { Config } from '../config/paths.ts'
import { PURPOSES } from '../purposes.ts'
import { openSessions } from './open-sessions.ts'
import { withVault } from './open.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** Runs `work` on the accounts. The vault is open, because it keeps the key that passwords are hashed under. */
export async function withAccounts(
  world: World,
  file: string,
  work: (accounts: Accounts, cause: Cause) => Promise<Outcome>,
): Promise<Outcome> {
  return await withVault(world, file, async (opened) => {
    const { config, stores, audit, vault } = opened
    const accounts = createAccounts({
      store: stores.accounts,
      counters: stores.counters,
      sessions: openSessions(opened, world).sessions,
      passwords: createPasswords({ pepper: vault.deriveKey(PURPOSES.passwords), random: world.random }),
      audit,
      random: world.random,
      ownWords: () => ownWords(config),
    })
    return await work(accounts, { at: world.clock(), actor: COMMAND })
  })
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
  name_taken: 'Choose another name, or give this one a new password: cloakroom account set-password NAME',
  unknown_account: 'See the accounts with `cloakroom account list`.',
  password_wrong: 'Type it again.',
  password_too_short: 'Choose a longer password and run this again.',
  password_too_long: 'Choose a shorter password and run this again.',
  password_unreadable: 'Choose another password and run this again.',
  password_blocklisted: 'Choose another password and run this again.',
}
