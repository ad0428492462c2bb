import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseOrigin } from '../config/address.ts'
import { askHidden } from './ask.ts'
import { withVault } from './open.ts'
import { collect, withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { refuseName, told } from './secret-add.ts'
import type { Does, World } from './world.ts'

interface AddOptions extends CommonOptions {
  readonly origin: readonly string[]
  readonly secretFile?: string
}

export function addSecretAddCertificate(secret: Command, does: Does): void {
  withCommonOptions(secret.command('add-certificate'))
    .description('Seal a client certificate with its private key, to be shown to APIs that ask for one (mutual TLS).')
    .argument('<name>', 'its name in `clientCertificate: { vault: … }`; lower-case letters, digits, hyphens')
    .requiredOption(
      '--origin <origin>',
      'the API that it may be shown to, as in https://api.example.com; may be given several times',
      collect,
    )
    .option('--secret-file <file>', 'read certificate and private key (PEM, one text) from a file instead of standard input')
    .addHelpText(
      'after',
      `
Examples:
  cat client.pem client-key.pem | cloakroom secret add-certificate shop-mtls --origin https://api.example.com
  cat renewed.pem renewed-key.pem | cloakroom secret rotate shop-mtls

It ends when the certificate ends; \`check\` warns two weeks before. Delete the file with the private key when it is in the vault.`,
    )
    .action(does((world: World, name: string, options: AddOptions) => secretAddCertificate(world, name, options)))
}

async function secretAddCertificate(world: World, name: string, options: AddOptions): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  if (options.origin.some((origin) => !(parseOrigin(origin)?.startsWith('https:') ?? false)))
    return failed(EXIT.usage, '--origin is not an https:// origin.', 'Write scheme and host alone, as in --origin https://api.example.com.')
  return await withVault(world, options.config, async (opened) => {
    const file = options.secretFile === undefined ? null : resolve(world.terminal.cwd, options.secretFile)
    const asked = await askHidden(world.terminal, `Certificate and private key of ${name}`, file)
    if (asked.kind === 'none') return asked.outcome
    const made = { kind: { is: 'client-certificate' }, value: asked.value, placement: null, origins: options.origin } as const
    return await told(await opened.vault.add(name, made, world.clock()), opened, world, 'secret.added', `${name} is in the vault.`)
  })
}
