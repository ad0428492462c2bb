import type { Command } from 'commander'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

export function addAccountDisable(account: Command, does: Does): void {
  withCommonOptions(account.command('disable'))
    .description('Lock an account and end all its sessions, at once.')
    .argument('<name>', 'an account')
    .addHelpText('after', '\nExample:\n  cloakroom account disable ada')
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        withAccounts(world, options.config, async (accounts, cause) =>
          toldAccount(await accounts.disable(name, cause), `${name} may not sign in any more; all sessions of the account are ended.`),
        ),
      ),
    )
}
