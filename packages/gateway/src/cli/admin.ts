import { type Command, Option } from 'commander'
import { inviteAdmin, type InviteOutcome, resetAdmin, setAdminRole } from '../admin/manage-admins.ts'
import { type Role, roleOf, ROLES } from '../admin/role.ts'
import { accountKey } from '../decide/account-name.ts'
import type { Account } from '../store/store.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { table } from './secret-show.ts'
import { formatMoment } from './secret-times.ts'
import { type AdminTools, withAdmins } from './with-admins.ts'
import type { Does, World } from './world.ts'

interface RoleOptions extends CommonOptions {
  readonly role: Role
}

/** `cloakroom admin …`: who may use the Admin API. For when no owner can. */
export function addAdmin(program: Command, does: Does): void {
  const admin = program
    .command('admin')
    .description('Invite, list and lock administrators of the Admin API. They are no visitors: `cloakroom account` knows none of them.')
  const role = (): Option =>
    new Option('--role <role>', 'viewer looks, operator acts against visitors, owner decides on everything').choices([...ROLES])
  withCommonOptions(admin.command('add'))
    .description('Invite an administrator: prints the code with which a password is chosen, good for a day.')
    .argument('<name>', 'a name or an e-mail address')
    .addOption(role().default('viewer'))
    .addHelpText('after', '\nExamples:\n  cloakroom admin add olga --role owner\n  cloakroom admin add vera')
    .action(
      does((world: World, name: string, options: RoleOptions) =>
        withAdmins(world, options.config, async ({ parts, cause }) =>
          told(world, name, await inviteAdmin(parts, name, options.role, cause)),
        ),
      ),
    )
  withCommonOptions(admin.command('list'))
    .description('Show the administrators, their roles and when each signed in last.')
    .addHelpText('after', '\nExamples:\n  cloakroom admin list\n  cloakroom admin list --json')
    .action(does((world: World, options: CommonOptions) => withAdmins(world, options.config, list)))
  withCommonOptions(admin.command('role'))
    .description('Give an administrator another role, from the next request on.')
    .argument('<name>', 'an administrator')
    .addOption(role().makeOptionMandatory())
    .addHelpText('after', '\nExample:\n  cloakroom admin role vera --role operator')
    .action(
      does((world: World, name: string, options: RoleOptions) =>
        onOne(world, options, name, async (account, { parts, cause }) => {
          await setAdminRole(parts, account, options.role, cause)
          return done(`${account.name} is ${options.role}.`, { name: account.name, role: options.role })
        }),
      ),
    )
  withCommonOptions(admin.command('disable'))
    .description('Lock an administrator out, at once.')
    .argument('<name>', 'an administrator')
    .addHelpText('after', '\nExample:\n  cloakroom admin disable vera')
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        onOne(world, options, name, async (account, { parts, cause }) => {
          await parts.admins.accounts.disable(account.name, cause)
          return done(`${account.name} is locked out.`, { name: account.name })
        }),
      ),
    )
  withCommonOptions(admin.command('enable'))
    .description('Let an administrator sign in again; also lifts the lock of too many wrong passwords or codes.')
    .argument('<name>', 'an administrator')
    .addHelpText('after', '\nExample:\n  cloakroom admin enable vera')
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        onOne(world, options, name, async (account, { parts, cause }) => {
          await parts.admins.accounts.enable(account.name, cause)
          return done(`${account.name} may sign in again.`, { name: account.name })
        }),
      ),
    )
  withCommonOptions(admin.command('reset'))
    .description('After a lost phone or password: ends the sessions, takes password and factors away, and prints another code.')
    .argument('<name>', 'an administrator')
    .addHelpText('after', '\nExample:\n  cloakroom admin reset olga')
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        onOne(world, options, name, async (account, { parts, cause }) =>
          told(world, account.name, await resetAdmin(parts, account, cause)),
        ),
      ),
    )
}

async function onOne(
  world: World,
  options: CommonOptions,
  name: string,
  work: (account: Account, tools: AdminTools) => Promise<Outcome>,
): Promise<Outcome> {
  return await withAdmins(world, options.config, async (tools) => {
    const account = await tools.parts.admins.stores.accounts.findByKey(accountKey(name))
    return account === null
      ? failed(EXIT.failed, `There is no administrator ${name}.`, 'See them with `cloakroom admin list`.')
      : await work(account, tools)
  })
}

/** The code alone on standard output, as a machine key is. */
function told(world: World, name: string, outcome: InviteOutcome): Outcome {
  if (outcome.kind === 'refused') return failed(EXIT.failed, outcome.why, 'See the administrators with `cloakroom admin list`.')
  world.terminal.err(
    `For ${name} alone, good until ${formatMoment(outcome.expiresAt)}: a password is chosen with it at POST /admin/invitation of the admin listener.\n`,
  )
  return done(outcome.code, { name, code: outcome.code, expiresAt: new Date(outcome.expiresAt).toISOString() })
}

async function list({ parts }: AdminTools): Promise<Outcome> {
  const admins = (await parts.admins.stores.accounts.list()).map(({ name, roles, disabledAt, password, lastLoginAt }) => ({
    name,
    role: roleOf(roles),
    state: disabledAt !== null ? 'disabled' : password === null ? 'invited' : 'active',
    lastLoginAt,
  }))
  const rows = admins.map(({ name, role, state, lastLoginAt }) => [
    name,
    role ?? 'none',
    state,
    lastLoginAt === null ? 'never signed in' : `signed in ${formatMoment(lastLoginAt)}`,
  ])
  return done(rows.length === 0 ? 'There is no administrator yet. Invite one: cloakroom admin add NAME --role owner' : table(rows), admins)
}
