import type { Command } from 'commander'
import { PURPOSES } from '../purposes.ts'
import { createMarks } from '../trap/mark.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface HoneyOptions extends CommonOptions {
  readonly like: string
}

export function addSecretHoney(secret: Command, does: Does): void {
  withCommonOptions(secret.command('honey'))
    .description('Make a false credential to plant in the website’s files: whoever uses it at the gateway has searched for one.')
    .option('--like <text>', 'a made-up key of the shape that it should have; never a real one', 'sk-live-4f9a2bQ7xZk01c8eMw5R')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom secret honey\n  cloakroom secret honey --like AKIAIOSFODNN7EXAMPLE\n\nPut it where a key would be found, as in a script of the site. It opens nothing, and nothing is stored: the vault’s key\nrecognises it. A rule with `when: request.presents_honeytoken` says what happens to whoever sends it.',
    )
    .action(does((world: World, options: HoneyOptions) => secretHoney(world, options)))
}

async function secretHoney(world: World, { config, like }: HoneyOptions): Promise<Outcome> {
  return await withVault(world, config, async (opened) => {
    const says = world.random(4).readUInt32BE()
    const value = createMarks(opened.vault.deriveKey(PURPOSES.traps), 'honey').write(like, says, () => world.random(1).readUInt8())
    if (value === null)
      return failed(
        EXIT.usage,
        'A text of that shape has no room for a mark.',
        'Give one with at least 20 letters and digits in a row, not digits alone.',
      )
    await opened.note({ kind: 'honey.made', detail: { number: says } })
    return done(value, { value, number: says })
  })
}
