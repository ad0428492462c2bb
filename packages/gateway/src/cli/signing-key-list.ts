import type { Command } from 'commander'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done } from './outcome.ts'
import { formatCredential } from './secret-show.ts'
import type { Does, World } from './world.ts'

export function addSigningKeyList(key: Command, does: Does): void {
  withCommonOptions(key.command('list'))
    .description('Show the keys that sign: their versions, for which origins, when each was used last.')
    .addHelpText('after', '\nExamples:\n  cloakroom signing-key list\n  cloakroom signing-key list --json')
    .action(
      does((world: World, options: CommonOptions) =>
        withVault(world, options.config, async ({ vault }) => {
          const held = (await vault.list()).filter(({ kind }) => kind.is === 'signing-key')
          const none = 'There is no key that signs. Make one: cloakroom signing-key add NAME --origin https://api.example.com'
          return done(held.length === 0 ? none : held.map((key) => formatCredential(key)).join('\n\n'), held)
        }),
      ),
    )
}
