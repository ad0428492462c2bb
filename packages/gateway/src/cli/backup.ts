import type { Command } from 'commander'
import { addBackupCreate } from './backup-create.ts'
import { addBackupRestore } from './backup-restore.ts'
import { addBackupVerify } from './backup-verify.ts'
import type { Does } from './world.ts'

/** `cloakroom backup …`: the store in one sealed file, and back. */
export function addBackup(program: Command, does: Does): void {
  const backup = program
    .command('backup')
    .description('Save the store into one sealed file while the gateway runs, prove that such a file is good, and bring it back.')
  for (const add of [addBackupCreate, addBackupVerify, addBackupRestore]) add(backup, does)
}
