import type { Command } from 'commander'
import { ROLE_NAME } from '../account/roles.ts'
import { readMailAddress } from '../decide/mail-address.ts'
import { collect, withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { askNewPassword } from './password.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

interface AddOptions extends CommonOptions {
  readonly role?: readonly string[]
  readonly passwordFile?: string
  readonly mail?: string
}

export function addAccountAdd(account: Command, does: Does): void {
  withCommonOptions(account.command('add'))
    .description('Add an account that may sign in.')
    .argument('<name>', 'what its owner signs in with: a name or an e-mail address')
    .option('--role <role>', 'a role, for APIs with `access: { role: … }`; may be given several times', collect)
    .option('--mail <address>', 'where its owner reads mail: for a forgotten password, and for news of the account')
    .option('--password-file <file>', 'read the password from a file instead of the prompt or standard input')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom account add ada                            asks for the password, twice\n  cloakroom account add ada --role staff --mail ada@example.com < password.txt\n\nA password has at least 15 characters; a few words in a row are easy to remember.',
    )
    .action(does((world: World, name: string, options: AddOptions) => accountAdd(world, name, options)))
}

async function accountAdd(world: World, name: string, options: AddOptions): Promise<Outcome> {
  const roles = options.role ?? []
  if (!roles.every((role) => ROLE_NAME.test(role))) {
    return failed(
      EXIT.usage,
      '--role is not the name of a role.',
      'Use letters, digits, dots, hyphens and underscores, at most 40, as in staff.',
    )
  }
  return await withAccounts(world, options.config, async (accounts, cause) => {
    if (options.mail !== undefined && readMailAddress(options.mail) === null)
      return toldAccount({ kind: 'refused', code: 'mail_refused', why: `${options.mail} is no mail address, as in ada@example.com.` }, '')
    if ((await accounts.find(name)) !== null)
      return toldAccount({ kind: 'refused', code: 'name_taken', why: `There is an account ${name} already.` }, '')
    const asked = await askNewPassword(world.terminal, `Password for ${name}`, options.passwordFile ?? null)
    if (asked.kind === 'none') return asked.outcome
    const outcome = await accounts.add({ name, password: asked.value, roles, mail: options.mail ?? null }, cause)
    return toldAccount(outcome, `${name} may sign in${roles.length === 0 ? '' : ` as ${roles.join(', ')}`}.`)
  })
}
