import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseDuration } from '../config/units.ts'
import { askHidden } from './ask.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { badMoment, refuseName, told } from './secret-add.ts'
import { readMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

interface RotateOptions extends CommonOptions {
  readonly secretFile?: string
  readonly notBefore?: string
  readonly notAfter?: string
  readonly overlap: string
}

export function addSecretRotate(secret: Command, does: Does): void {
  withCommonOptions(secret.command('rotate'))
    .description('Give a credential its next value. Calls go on without a gap; the value before stays as a spare for the overlap.')
    .argument('<name>', 'a credential in the vault')
    .option('--secret-file <file>', 'read the new value from a file instead of the prompt or standard input')
    .option('--not-before <when>', 'from when on the new value is used: a date, or a time from now as in 2h')
    .option('--not-after <when>', 'when the new value ends: a date, or a time from now as in 90d')
    .option('--overlap <time>', 'how long the value before stays usable after that; 0s ends it at once', '24h')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom secret rotate shop-key < new-secret.txt\n  cloakroom secret rotate shop-key --overlap 0s --not-after 90d',
    )
    .action(does((world: World, name: string, options: RotateOptions) => secretRotate(world, name, options)))
}

async function secretRotate(world: World, name: string, options: RotateOptions): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  const now = world.clock()
  const retireAfterMs = parseDuration(options.overlap)
  if (retireAfterMs === null) return failed(EXIT.usage, '--overlap is not a duration.', 'Write a number and its unit, as in 24h or 0s.')
  const notBefore = options.notBefore === undefined ? null : readMoment(options.notBefore, now)
  const notAfter = options.notAfter === undefined ? null : readMoment(options.notAfter, now)
  if ((options.notBefore !== undefined && notBefore === null) || (options.notAfter !== undefined && notAfter === null)) return badMoment()
  return await withVault(world, options.config, async (opened) => {
    const asked = await askHidden(
      world.terminal,
      `The new secret of ${name}`,
      options.secretFile === undefined ? null : resolve(world.terminal.cwd, options.secretFile),
    )
    if (asked.kind === 'none') return asked.outcome
    const outcome = await opened.vault.rotate(name, { value: asked.value, notBefore, notAfter, retireAfterMs }, now)
    return await told(
      outcome,
      opened,
      world,
      'secret.rotated',
      `${name} has a new value. Revoke the one before at its issuer when it is no longer used.`,
    )
  })
}
