import type { Command } from 'commander'
import { addAccountAdd } from './account-add.ts'
import { addAccountDisable } from './account-disable.ts'
import { addAccountEnable } from './account-enable.ts'
import { addAccountErase } from './account-erase.ts'
import { addAccountExport } from './account-export.ts'
import { addAccountFactors } from './account-factors.ts'
import { addAccountForceReset } from './account-force-reset.ts'
import { addAccountList } from './account-list.ts'
import { addAccountRecoveryCodes } from './account-recovery-codes.ts'
import { addAccountRemoveFactor } from './account-remove-factor.ts'
import { addAccountSendReset } from './account-send-reset.ts'
import { addAccountSetMail } from './account-set-mail.ts'
import { addAccountSetPassword } from './account-set-password.ts'
import { addAccountSetRoles } from './account-set-roles.ts'
import type { Does } from './world.ts'

/** `cloakroom account …`: who may sign in. There is no account that nobody added. */
export function addAccount(program: Command, does: Does): void {
  const account = program.command('account').description('Add, list and lock the accounts that may sign in. A new installation has none.')
  for (const add of [
    addAccountAdd,
    addAccountList,
    addAccountDisable,
    addAccountEnable,
    addAccountSetPassword,
    addAccountSetRoles,
    addAccountSetMail,
    addAccountSendReset,
    addAccountForceReset,
    addAccountFactors,
    addAccountRemoveFactor,
    addAccountRecoveryCodes,
    addAccountExport,
    addAccountErase,
  ])
    add(account, does)
}
