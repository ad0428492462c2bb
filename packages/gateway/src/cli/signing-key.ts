import type { Command } from 'commander'
import { addSigningKeyAdd } from './signing-key-add.ts'
import { addSigningKeyList } from './signing-key-list.ts'
import { addSigningKeyPublic } from './signing-key-public.ts'
import { addSigningKeyRevoke } from './signing-key-revoke.ts'
import { addSigningKeyRotate } from './signing-key-rotate.ts'
import type { Does } from './world.ts'

/** `cloakroom signing-key …`: the keys that requests to APIs are signed with. */
export function addSigningKey(program: Command, does: Does): void {
  const key = program
    .command('signing-key')
    .description('Make, replace and end the keys that sign requests to your API, so that it can refuse everybody else.')
  for (const add of [addSigningKeyAdd, addSigningKeyList, addSigningKeyPublic, addSigningKeyRotate, addSigningKeyRevoke]) add(key, does)
}
