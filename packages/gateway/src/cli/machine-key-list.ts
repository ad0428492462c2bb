import type { Command } from 'commander'
import { formatDuration } from '../config/units.ts'
import type { MachineKeyRow } from '../store/store.ts'
import { withStore } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done } from './outcome.ts'
import { table } from './secret-show.ts'
import { formatMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

export function addMachineKeyList(machineKey: Command, does: Does): void {
  withCommonOptions(machineKey.command('list'))
    .description('Show the keys: what each may call, until when, and when and from where it was used last.')
    .addHelpText('after', '\nExamples:\n  cloakroom machine-key list\n  cloakroom machine-key list --json')
    .action(
      does((world: World, options: CommonOptions) =>
        withStore(world, options.config, async ({ stores }) => {
          const keys = await stores.machineKeys.list()
          if (keys.length === 0) return done('There are no keys yet. Make one: cloakroom machine-key add NAME', [])
          return done(table(keys.map((key) => row(key, world.clock()))), keys.map(shownKey))
        }),
      ),
    )
}

/** All of it but the hash. */
export function shownKey({ digest: _digest, ...shown }: MachineKeyRow): Omit<MachineKeyRow, 'digest'> {
  return shown
}

function row(key: MachineKeyRow, at: number): readonly string[] {
  return [
    key.name,
    key.id,
    standing(key, at),
    key.scopes.join(', '),
    key.roles.join(','),
    key.from.join(' '),
    `${key.max}/${formatDuration(key.perMs)}`,
    key.lastUsedAt === null ? 'not used yet' : `used ${formatMoment(key.lastUsedAt)} from ${key.lastAddress ?? '?'}`,
  ]
}

function standing({ revokedAt, expiresAt }: MachineKeyRow, at: number): string {
  if (revokedAt !== null) return `revoked ${formatMoment(revokedAt)}`
  if (expiresAt === null) return 'does not expire'
  return `${expiresAt > at ? 'until' : 'expired'} ${formatMoment(expiresAt)}`
}
