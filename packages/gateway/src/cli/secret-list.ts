import type { Command } from 'commander'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done } from './outcome.ts'
import { usedSinceReplaced } from '../vault/superseded.ts'
import { formatCredential } from './secret-show.ts'
import type { Does, World } from './world.ts'

export function addSecretList(secret: Command, does: Does): void {
  withCommonOptions(secret.command('list'))
    .description('Show what the vault holds: names, versions, where each may go, when it was last used. Never a value.')
    .addHelpText('after', '\nExamples:\n  cloakroom secret list\n  cloakroom secret list --json')
    .action(
      does((world: World, options: CommonOptions) =>
        withVault(world, options.config, async ({ vault, stores }) => {
          const holds = await stores.holds.all()
          const held = (await vault.list()).map((each) => ({ ...each, disabled: holds.get(each.name) ?? null }))
          const none = 'The vault is empty. Store a secret: cloakroom secret add NAME --origin https://api.example.com --place bearer'
          const shown = held.map((each) => ({
            ...each,
            versions: each.versions.map((version) => ({
              ...version,
              safeToRevoke: usedSinceReplaced(version, each.versions)?.used === false,
            })),
          }))
          return done(held.length === 0 ? none : held.map((each) => formatCredential(each, each.disabled)).join('\n\n'), shown)
        }),
      ),
    )
}
