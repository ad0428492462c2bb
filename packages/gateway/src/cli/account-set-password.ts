import type { Command } from 'commander'
import { withCommonOptions, type CommonOptions } from './options.ts'
import type { Outcome } from './outcome.ts'
import { askNewPassword } from './password.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

interface SetPasswordOptions extends CommonOptions {
  readonly passwordFile?: string
}

export function addAccountSetPassword(account: Command, does: Does): void {
  withCommonOptions(account.command('set-password'))
    .description('Give an account a new password, end all its sessions, and lift the lock of too many wrong ones.')
    .argument('<name>', 'an account')
    .option('--password-file <file>', 'read the password from a file instead of the prompt or standard input')
    .addHelpText('after', '\nExamples:\n  cloakroom account set-password ada\n  cloakroom account set-password ada < password.txt')
    .action(does((world: World, name: string, options: SetPasswordOptions) => setPassword(world, name, options)))
}

async function setPassword(world: World, name: string, options: SetPasswordOptions): Promise<Outcome> {
  return await withAccounts(world, options.config, async (accounts, cause) => {
    if ((await accounts.find(name)) === null)
      return toldAccount({ kind: 'refused', code: 'unknown_account', why: `There is no account ${name}.` }, '')
    const asked = await askNewPassword(world.terminal, `New password for ${name}`, options.passwordFile ?? null)
    if (asked.kind === 'none') return asked.outcome
    return toldAccount(
      await accounts.setPassword(name, asked.value, cause),
      `${name} has a new password; all sessions of the account are ended.`,
    )
  })
}
