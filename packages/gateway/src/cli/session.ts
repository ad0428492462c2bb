import type { Command } from 'commander'
import { addSessionEnd } from './session-end.ts'
import { addSessionList } from './session-list.ts'
import type { Does } from './world.ts'

/** `cloakroom session …`: who is signed in. */
export function addSession(program: Command, does: Does): void {
  const session = program.command('session').description('Show who is signed in, and end sessions at once.')
  for (const add of [addSessionList, addSessionEnd]) add(session, does)
}
