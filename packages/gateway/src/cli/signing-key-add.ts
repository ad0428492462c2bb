import type { Command } from 'commander'
import { parseOrigin } from '../config/address.ts'
import { SIGNING_ALGORITHMS, type CredentialKind } from '../vault/kind.ts'
import { makeSigningKey } from '../vault/signing-key.ts'
import { withVault } from './open.ts'
import { collect, withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { refuseName, told } from './secret-add.ts'
import { handOver, refuseHandOver } from './shared-file.ts'
import type { Does, World } from './world.ts'

interface AddOptions extends CommonOptions {
  readonly origin: readonly string[]
  readonly algorithm: string
  readonly sharedFile?: string
}

export function addSigningKeyAdd(key: Command, does: Does): void {
  withCommonOptions(key.command('add'))
    .description('Make a key in the vault that signs requests to these origins. Its private half never leaves the vault.')
    .argument('<name>', 'its name in `sign: { key: … }`; lower-case letters, digits, hyphens')
    .requiredOption('--origin <origin>', 'the API that it signs for, as in https://api.example.com; may be given several times', collect)
    .option('--algorithm <name>', SIGNING_ALGORITHMS.join(', '), 'ed25519')
    .option('--shared-file <file>', 'with hmac-sha256: where the shared secret is written for the API, once; the file must not exist')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom signing-key add shop-sign --origin https://api.example.com
  cloakroom signing-key public shop-sign > gateway-public.json
  cloakroom signing-key add shop-sign --origin https://api.example.com --algorithm hmac-sha256 --shared-file shared.jwk

With hmac-sha256 the API could have made the signature itself: use it only where it cannot check the others.`,
    )
    .action(does((world: World, name: string, options: AddOptions) => signingKeyAdd(world, name, options)))
}

async function signingKeyAdd(world: World, name: string, options: AddOptions): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  if (options.origin.some((origin) => parseOrigin(origin) === null))
    return failed(EXIT.usage, '--origin is not an origin.', 'Write scheme and host alone, as in --origin https://api.example.com.')
  const algorithm = SIGNING_ALGORITHMS.find((each) => each === options.algorithm)
  if (algorithm === undefined)
    return failed(EXIT.usage, '--algorithm is none that can be used.', `Write one of: ${SIGNING_ALGORITHMS.join(', ')}.`)
  const unfit = refuseHandOver(world.terminal, algorithm, options.sharedFile)
  if (unfit !== null) return unfit
  return await withVault(world, options.config, async (opened) => {
    const kind: CredentialKind = { is: 'signing-key', algorithm }
    const value = makeSigningKey(algorithm, world.random)
    const copy = Buffer.from(value)
    const made = await opened.vault.add(name, { kind, value, placement: null, origins: options.origin }, world.clock())
    const outcome = await told(made, opened, world, 'key.added', `${name} is in the vault.${nextStep(name, options.sharedFile)}`)
    handOver(world.terminal, made, copy, options.sharedFile)
    return outcome
  })
}

/** What the API's owner gets, and how. */
export function nextStep(name: string, sharedFile: string | undefined): string {
  return sharedFile === undefined
    ? ` For the API: cloakroom signing-key public ${name} > gateway-public.json`
    : ` ${sharedFile} holds the shared secret for the API: move it there, and delete it here.`
}
