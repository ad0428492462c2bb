import type { Command } from 'commander'
import { askYes } from './ask.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { refuseName, told } from './secret-add.ts'
import type { Does, World } from './world.ts'

interface RevokeOptions extends CommonOptions {
  readonly only?: string
  readonly yes?: boolean
}

export function addSecretRevoke(secret: Command, does: Does): void {
  withCommonOptions(secret.command('revoke'))
    .description('End a credential at once and for good: its ciphertext is destroyed. Calls that need it are refused from then on.')
    .argument('<name>', 'a credential in the vault')
    .option('--only <version>', 'this version only, as `secret list` numbers them')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom secret revoke shop-key --yes\n  cloakroom secret revoke shop-key --only 1\n\nRevoke it at its issuer as well: whoever holds a copy can still use it there.',
    )
    .action(does((world: World, name: string, options: RevokeOptions) => secretRevoke(world, name, options)))
}

async function secretRevoke(world: World, name: string, options: RevokeOptions): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  const version = options.only === undefined ? null : Number(options.only)
  if (version !== null && !(Number.isSafeInteger(version) && version > 0))
    return failed(EXIT.usage, '--only is not a number.', 'Write the number that `cloakroom secret list` shows, as in 1.')
  if (options.yes !== true) {
    if (!world.terminal.isInteractive) return failed(EXIT.usage, 'There is no terminal to ask on.', 'Add --yes if you mean it.')
    const asked = await askYes(world.terminal, `End ${name}${version === null ? '' : ` version ${version}`} for good?`)
    if (asked.kind === 'none') return asked.outcome
    if (!asked.value) return { kind: 'interrupted' }
  }
  return await withVault(world, options.config, async (opened) =>
    told(
      await opened.vault.revoke(name, version, world.clock()),
      opened,
      world,
      'secret.revoked',
      `${name}${version === null ? '' : ` version ${version}`} is ended here. Revoke it at its issuer, too.`,
    ),
  )
}
