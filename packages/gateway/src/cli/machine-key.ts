import type { Command } from 'commander'
import { addMachineKeyAdd } from './machine-key-add.ts'
import { addMachineKeyList } from './machine-key-list.ts'
import { addMachineKeyRevoke } from './machine-key-revoke.ts'
import type { Does } from './world.ts'

/** `cloakroom machine-key …`: programs that call through the gateway without signing in. */
export function addMachineKey(program: Command, does: Does): void {
  const machineKey = program
    .command('machine-key')
    .description('Keys for scripts and partners: they open this gateway, never the API behind it, and do not work in a browser.')
  for (const add of [addMachineKeyAdd, addMachineKeyList, addMachineKeyRevoke]) add(machineKey, does)
}
