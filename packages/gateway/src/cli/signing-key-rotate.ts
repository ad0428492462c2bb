import type { Command } from 'commander'
import { parseDuration } from '../config/units.ts'
import { makeSigningKey } from '../vault/signing-key.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { refuseName, told } from './secret-add.ts'
import { formatMoment } from './secret-times.ts'
import { handOver, refuseHandOver } from './shared-file.ts'
import { nextStep } from './signing-key-add.ts'
import type { Does, World } from './world.ts'

interface RotateOptions extends CommonOptions {
  readonly publishFirst: string
  readonly overlap: string
  readonly sharedFile?: string
}

export function addSigningKeyRotate(key: Command, does: Does): void {
  withCommonOptions(key.command('rotate'))
    .description(
      'Make the next version of a key. It is published at once and used later, so that no API meets a key that it does not know.',
    )
    .argument('<name>', 'a key in the vault')
    .option('--publish-first <time>', 'how long before its first use the new key is published; 0s uses it at once', '24h')
    .option('--overlap <time>', 'how long the version before stays as a spare after that', '1h')
    .option('--shared-file <file>', 'for hmac-sha256: where the new shared secret is written for the API, once')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom signing-key rotate shop-sign\n  cloakroom signing-key rotate shop-sign --publish-first 0s --overlap 0s\n\nAn API that pins keys in a file has to get the new one before its first use: cloakroom signing-key public NAME.\nIf the old key may be in other hands, rotate with --publish-first 0s, then revoke the old version.',
    )
    .action(does((world: World, name: string, options: RotateOptions) => signingKeyRotate(world, name, options)))
}

async function signingKeyRotate(world: World, name: string, options: RotateOptions): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  const first = parseDuration(options.publishFirst)
  const overlap = parseDuration(options.overlap)
  if (first === null || overlap === null)
    return failed(EXIT.usage, 'A time cannot be read.', 'Write a number and its unit, as in --publish-first 24h; 0s means at once.')
  return await withVault(world, options.config, async (opened) => {
    const held = (await opened.vault.list()).find((credential) => credential.name === name)
    if (held?.kind.is !== 'signing-key')
      return failed(EXIT.failed, `There is no key ${name} that signs.`, 'See: cloakroom signing-key list')
    const { algorithm } = held.kind
    const unfit = refuseHandOver(world.terminal, algorithm, options.sharedFile)
    if (unfit !== null) return unfit
    const now = world.clock()
    const begins = first === 0 ? null : now + first
    const value = makeSigningKey(algorithm, world.random)
    const copy = Buffer.from(value)
    const made = await opened.vault.rotate(name, { is: 'signing-key', value, notBefore: begins, retireAfterMs: overlap }, now)
    const when = begins === null ? 'now' : `from ${formatMoment(begins)} on`
    const outcome = await told(
      made,
      opened,
      world,
      'key.rotated',
      `The next version of ${name} signs ${when}.${nextStep(name, options.sharedFile)}`,
    )
    handOver(world.terminal, made, copy, options.sharedFile)
    return outcome
  })
}
