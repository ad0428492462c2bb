import type { Command } from 'commander'
import { withStore } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

export function addMachineKeyRevoke(machineKey: Command, does: Does): void {
  withCommonOptions(machineKey.command('revoke'))
    .description('End a key for good: refused from the next call on, its open streams within a second.')
    .argument('<name>', 'the key’s name, or its id as `machine-key list` and the logs show it')
    .addHelpText('after', '\nExamples:\n  cloakroom machine-key revoke nightly-report\n  cloakroom machine-key revoke 3f9a01c7d2e4')
    .action(does((world: World, name: string, options: CommonOptions) => machineKeyRevoke(world, name, options)))
}

async function machineKeyRevoke(world: World, name: string, options: CommonOptions): Promise<Outcome> {
  return await withStore(world, options.config, async (opened) => {
    const { machineKeys } = opened.stores
    const keys = await machineKeys.list()
    const found = keys.find((key) => key.revokedAt === null && (key.name === name || key.id === name))
    if (found === undefined)
      return failed(EXIT.failed, `There is no key ${name} that could be ended.`, 'See the keys with `cloakroom machine-key list`.')
    await machineKeys.revoke(found.id, world.clock())
    await opened.note({ kind: 'machine_key.revoked', target: found.name, detail: { id: found.id } })
    return done(`The key ${found.name} is ended.`, { name: found.name, id: found.id })
  })
}
