import type { Command } from 'commander'
import { addBanAdd } from './ban-add.ts'
import { addBanLift } from './ban-lift.ts'
import { addBanList } from './ban-list.ts'
import type { Does } from './world.ts'

/** `cloakroom ban …`: who is shut out. */
export function addBan(program: Command, does: Does): void {
  const ban = program.command('ban').description('Show who is shut out, shut somebody out, and let somebody in again.')
  for (const add of [addBanList, addBanAdd, addBanLift]) add(ban, does)
}
