import type { Command } from 'commander'
import { directoryOf } from '@cloakroom/signature'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { refuseName } from './secret-add.ts'
import type { Does, World } from './world.ts'

export function addSigningKeyPublic(key: Command, does: Does): void {
  withCommonOptions(key.command('public'))
    .description('Print the public halves of a key as a JWK Set, for an API that pins them in a file. They are no secret.')
    .argument('<name>', 'a key in the vault')
    .addHelpText(
      'after',
      '\nExample:\n  cloakroom signing-key public shop-sign > gateway-public.json\n\nAn API that can reach the gateway reads them at /.well-known/http-message-signatures-directory instead, and learns of a rotation by itself.',
    )
    .action(does((world: World, name: string, options: CommonOptions) => signingKeyPublic(world, name, options)))
}

async function signingKeyPublic(world: World, name: string, options: CommonOptions): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  return await withVault(world, options.config, async ({ vault }) => {
    const { keys } = await vault.published([name], world.clock())
    if (keys.length === 0)
      return failed(
        EXIT.failed,
        `There is no key ${name} with a public half.`,
        'See: cloakroom signing-key list. A shared secret has none.',
      )
    const set = directoryOf(keys)
    return done(JSON.stringify(set, null, 2), set)
  })
}
