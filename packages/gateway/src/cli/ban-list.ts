import type { Command } from 'commander'
import { banRow, showBans } from './ban-show.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done } from './outcome.ts'
import { table } from './secret-show.ts'
import type { Does, World } from './world.ts'

export function addBanList(ban: Command, does: Does): void {
  withCommonOptions(ban.command('list'))
    .description('Show who is shut out, until when, and why; the one that ends first first.')
    .addHelpText('after', '\nExamples:\n  cloakroom ban list\n  cloakroom ban list --json')
    .action(
      does((world: World, options: CommonOptions) =>
        withVault(world, options.config, async (opened) => {
          const shown = await showBans(opened, world, await opened.stores.bans.list(world.clock()))
          return done(shown.length === 0 ? 'Nobody is shut out.' : table(shown.map(banRow)), shown)
        }),
      ),
    )
}
