import type { Command } from 'commander'
import { addSecretAdd } from './secret-add.ts'
import { addSecretHoney } from './secret-honey.ts'
import { addSecretAddCertificate } from './secret-add-certificate.ts'
import { addSecretAddClient } from './secret-add-client.ts'
import { addSecretDisable, addSecretEnable } from './secret-hold.ts'
import { addSecretList } from './secret-list.ts'
import { addSecretRekey } from './secret-rekey.ts'
import { addSecretRevoke } from './secret-revoke.ts'
import { addSecretRotate } from './secret-rotate.ts'
import { addSecretUses } from './secret-uses.ts'
import type { Does } from './world.ts'

/** `cloakroom secret …`: what the vault holds. */
export function addSecret(program: Command, does: Does): void {
  const secret = program.command('secret').description('Store, replace and end the secrets in the vault. No command reads one back.')
  for (const add of [
    addSecretAdd,
    addSecretAddClient,
    addSecretAddCertificate,
    addSecretList,
    addSecretUses,
    addSecretRotate,
    addSecretRevoke,
    addSecretRekey,
    addSecretHoney,
    addSecretDisable,
    addSecretEnable,
  ])
    add(secret, does)
}
