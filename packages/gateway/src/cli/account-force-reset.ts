import type { Command } from 'commander'
import type { AccountSummary, Accounts, Cause } from '../account/accounts.ts'
import { isShown } from '../account/factors.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { type AccountTools, toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

interface ForceResetOptions extends CommonOptions {
  readonly all?: boolean
}

export function addAccountForceReset(account: Command, does: Does): void {
  withCommonOptions(account.command('force-reset'))
    .description('Assume breach: end the sessions now, and demand a new password at the next sign-in, after the second factor.')
    .argument('[name]', 'an account')
    .option('--all', 'every account')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom account force-reset ada\n  cloakroom account force-reset --all\n\nThe old password still begins a sign-in and opens nothing: there is no session until a new one is set.\nWho has no second factor gets a link by mail, where `mail` is configured and the account has an address; else the\nold password is all that is proven on the way. The command names such accounts;\nfor them, `account set-password` or `account disable` is the safer way.',
    )
    .action(does((world: World, name: string | undefined, options: ForceResetOptions) => forceReset(world, name, options)))
}

async function forceReset(world: World, name: string | undefined, options: ForceResetOptions): Promise<Outcome> {
  if ((name === undefined) === (options.all !== true))
    return failed(EXIT.usage, 'Say whose password is to be replaced, in one way.', 'Give a name, or --all.')
  return await withAccounts(world, options.config, async (accounts, cause, tools) => {
    if (name !== undefined) return await one(accounts, name, cause, tools)
    const reset: AccountSummary[] = []
    for (const each of await accounts.list()) {
      const outcome = await accounts.forceReset(each.name, cause)
      if (outcome.kind === 'done') reset.push(outcome.account)
    }
    const bare = await withoutSecond(reset, tools)
    const text = `All sessions are ended. ${reset.length} ${reset.length === 1 ? 'account sets' : 'accounts set'} a new password at the next sign-in.`
    return done(text + warning(bare), { reset: reset.map((each) => each.name), withoutSecondFactor: bare })
  })
}

async function one(accounts: Accounts, name: string, cause: Cause, tools: AccountTools): Promise<Outcome> {
  const outcome = await accounts.forceReset(name, cause)
  const bare = outcome.kind === 'done' ? await withoutSecond([outcome.account], tools) : []
  return toldAccount(outcome, `All sessions of ${name} are ended. The next sign-in sets a new password.${warning(bare)}`)
}

/** Whoever has neither a second factor nor a link by mail before the new password. */
async function withoutSecond(accounts: readonly AccountSummary[], { factors, links }: AccountTools): Promise<readonly string[]> {
  const bare: string[] = []
  for (const { id, name, mail } of accounts)
    if ((links === null || mail === null) && !(await factors.list(id)).some(isShown)) bare.push(name)
  return bare
}

function warning(bare: readonly string[]): string {
  if (bare.length === 0) return ''
  const named = bare.slice(0, 20).join(', ') + (bare.length > 20 ? ` and ${bare.length - 20} more` : '')
  return `\nWithout a second factor and a link by mail, so that whoever has the old password could set the new one: ${named}.`
}
