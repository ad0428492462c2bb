import type { Command } from 'commander'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface DisableOptions extends CommonOptions {
  readonly reason?: string
}

export function addSecretDisable(secret: Command, does: Does): void {
  withCommonOptions(secret.command('disable'))
    .description('Use a credential for no call of an API, on every gateway of this store, until it is enabled. Nothing of it is lost.')
    .argument('<name>', 'a credential in the vault')
    .option('--reason <text>', 'why, for the audit trail')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom secret disable shop-key --reason "odd orders since noon"\n\nCalls that need it get 503 from the next request on; streams that it opened are cut within a second.',
    )
    .action(does((world: World, name: string, options: DisableOptions) => disable(world, name, options)))
}

export function addSecretEnable(secret: Command, does: Does): void {
  withCommonOptions(secret.command('enable'))
    .description('Use a credential again that a rule of the guard, or `secret disable`, has disabled.')
    .argument('<name>', 'a credential in the vault')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom secret enable shop-key\n\n`cloakroom secret list` shows what is disabled, since when and by which rule.',
    )
    .action(does((world: World, name: string, options: CommonOptions) => enable(world, name, options)))
}

async function disable(world: World, name: string, { config, reason }: DisableOptions): Promise<Outcome> {
  return await withVault(world, config, async (opened) => {
    const { vault, stores } = opened
    if (!(await vault.list()).some((held) => held.name === name))
      return failed(EXIT.failed, `The vault holds no ${name}.`, 'See what it holds with `cloakroom secret list`.')
    const hold = { credential: name, since: world.clock(), rule: null, reason: reason ?? null }
    if (!(await stores.holds.add(hold)))
      return failed(EXIT.failed, `${name} is disabled already.`, `Enable it with: cloakroom secret enable ${name}`)
    await opened.note({ kind: 'credential.disabled', target: name, reason: reason ?? null })
    return done(`${name} is disabled: calls that need it are refused. Enable it with: cloakroom secret enable ${name}`, hold)
  })
}

async function enable(world: World, name: string, { config }: CommonOptions): Promise<Outcome> {
  return await withVault(world, config, async (opened) => {
    const { stores } = opened
    if (!(await stores.holds.remove(name)))
      return failed(EXIT.failed, `${name} is not disabled.`, 'See what is with `cloakroom secret list`.')
    await opened.note({ kind: 'credential.enabled', target: name })
    return done(`${name} is used again, from the next call on.`, { credential: name })
  })
}
