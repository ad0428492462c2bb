import type { Command } from 'commander'
import { summary } from '../account/accounts.ts'
import { isLocked } from '../decide/login.ts'
import { withStore } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done } from './outcome.ts'
import { table } from './secret-show.ts'
import { formatMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

export function addAccountList(account: Command, does: Does): void {
  withCommonOptions(account.command('list'))
    .description('Show the accounts, their roles and when each signed in last.')
    .addHelpText('after', '\nExamples:\n  cloakroom account list\n  cloakroom account list --json')
    .action(
      does((world: World, options: CommonOptions) =>
        withStore(world, options.config, async ({ stores }) => {
          const accounts = (await stores.accounts.list()).map(summary)
          const rows = accounts.map((each) => [
            each.name,
            each.roles.join(','),
            each.disabledAt !== null
              ? 'disabled'
              : isLocked(each, world.clock())
                ? 'locked'
                : each.resetRequiredAt !== null
                  ? 'new password due'
                  : 'active',
            each.lastLoginAt === null ? 'never signed in' : `signed in ${formatMoment(each.lastLoginAt)}`,
          ])
          return done(rows.length === 0 ? 'There are no accounts yet. Add one: cloakroom account add NAME' : table(rows), accounts)
        }),
      ),
    )
}
