import type { Command } from 'commander'
import { summary } from '../account/accounts.ts'
import { ROLE_NAME, setRoles } from '../account/roles.ts'
import { COMMAND } from '../audit/event.ts'
import { accountKey } from '../decide/account-name.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface SetRolesOptions extends CommonOptions {
  readonly none?: boolean
}

export function addAccountSetRoles(account: Command, does: Does): void {
  withCommonOptions(account.command('set-roles'))
    .description('Give an account other roles, in place of those that it has: they count for its sessions from the next request on.')
    .argument('<name>', 'an account')
    .argument('[role...]', 'as in staff')
    .option('--none', 'take all roles away')
    .addHelpText('after', '\nExamples:\n  cloakroom account set-roles ada staff buyer\n  cloakroom account set-roles ada --none')
    .action(
      does((world: World, name: string, roles: readonly string[], options: SetRolesOptions) =>
        accountSetRoles(world, name, roles, options),
      ),
    )
}

async function accountSetRoles(world: World, name: string, roles: readonly string[], options: SetRolesOptions): Promise<Outcome> {
  if ((roles.length === 0) !== (options.none === true))
    return failed(EXIT.usage, 'Say which roles, in one way.', 'Name them all, or give --none.')
  if (!roles.every((role) => ROLE_NAME.test(role)))
    return failed(
      EXIT.usage,
      'That is not the name of a role.',
      'Use letters, digits, dots, hyphens and underscores, at most 40, as in staff.',
    )
  return await withVault(world, options.config, async ({ stores, audit }) => {
    const account = await stores.accounts.findByKey(accountKey(name))
    const cause = { at: world.clock(), actor: COMMAND }
    const changed = account === null ? null : await setRoles({ stores, audit }, account, roles, cause)
    if (changed === null) return failed(EXIT.failed, `There is no account ${name}.`, 'See the accounts with `cloakroom account list`.')
    return done(`${changed.name} has ${roles.length === 0 ? 'no role' : `the roles ${roles.join(', ')}`} from now on.`, summary(changed))
  })
}
