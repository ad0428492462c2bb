import type { Command } from 'commander'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

export function addAccountEnable(account: Command, does: Does): void {
  withCommonOptions(account.command('enable'))
    .description('Let a disabled account sign in again; also lifts the lock of too many wrong passwords or codes.')
    .argument('<name>', 'an account')
    .addHelpText('after', '\nExample:\n  cloakroom account enable ada')
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        withAccounts(world, options.config, async (accounts, cause) =>
          toldAccount(await accounts.enable(name, cause), `${name} may sign in again.`),
        ),
      ),
    )
}
