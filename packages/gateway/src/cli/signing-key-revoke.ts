import type { Command } from 'commander'
import { withCommonOptions } from './options.ts'
import { endForGood, type RevokeOptions } from './secret-revoke.ts'
import type { Does, World } from './world.ts'

export function addSigningKeyRevoke(key: Command, does: Does): void {
  withCommonOptions(key.command('revoke'))
    .description('End a key at once and for good. It leaves the published directory; requests that need it are refused from then on.')
    .argument('<name>', 'a key in the vault')
    .option('--only <version>', 'this version only, as `signing-key list` numbers them')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom signing-key revoke shop-sign --only 1 --yes\n  cloakroom signing-key revoke shop-sign --yes\n\nAn API that pins keys in a file accepts it until you take it out there, one that reads the directory for ten minutes at most.',
    )
    .action(
      does((world: World, name: string, options: RevokeOptions) =>
        endForGood(world, name, options, 'signing-key', 'key.revoked', 'Take it out of the files of APIs that pin it, too.'),
      ),
    )
}
