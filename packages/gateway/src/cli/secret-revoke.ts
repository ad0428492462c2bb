import type { Command } from 'commander'
import type { CredentialKind } from '../vault/kind.ts'
import { askYes } from './ask.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { refuseName, told } from './secret-add.ts'
import type { Does, World } from './world.ts'

export interface RevokeOptions extends CommonOptions {
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
    .action(
      does((world: World, name: string, options: RevokeOptions) =>
        endForGood(world, name, options, null, 'secret.revoked', 'Revoke it at its issuer, too.'),
      ),
    )
}

/** `is`: what it has to be, null for anything. */
export async function endForGood(
  world: World,
  name: string,
  options: RevokeOptions,
  is: CredentialKind['is'] | null,
  kind: 'secret.revoked' | 'key.revoked',
  then: string,
): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  const version = options.only === undefined ? null : Number(options.only)
  if (version !== null && !(Number.isSafeInteger(version) && version > 0))
    return failed(EXIT.usage, '--only is not a number.', 'Write the number that `list` shows, as in 1.')
  const what = `${name}${version === null ? '' : ` version ${version}`}`
  if (options.yes !== true) {
    if (!world.terminal.isInteractive) return failed(EXIT.usage, 'There is no terminal to ask on.', 'Add --yes if you mean it.')
    const asked = await askYes(world.terminal, `End ${what} for good?`)
    if (asked.kind === 'none') return asked.outcome
    if (!asked.value) return { kind: 'interrupted' }
  }
  return await withVault(world, options.config, async (opened) => {
    const held = (await opened.vault.list()).find((credential) => credential.name === name)
    if (is !== null && held !== undefined && held.kind.is !== is)
      return failed(EXIT.failed, `${name} is not a key that signs.`, `End a secret with: cloakroom secret revoke ${name}`)
    return told(await opened.vault.revoke(name, version, world.clock()), opened, world, kind, `${what} is ended here. ${then}`, {
      ended: version ?? 'all',
    })
  })
}
