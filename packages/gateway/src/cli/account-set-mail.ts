import type { Command } from 'commander'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

interface SetMailOptions extends CommonOptions {
  readonly none?: boolean
}

export function addAccountSetMail(account: Command, does: Does): void {
  withCommonOptions(account.command('set-mail'))
    .description('Say where the owner of an account reads mail: for a forgotten password, and for news of the account.')
    .argument('<name>', 'an account')
    .argument('[address]', 'as in ada@example.com')
    .option('--none', 'forget the address')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom account set-mail ada ada@example.com\n  cloakroom account set-mail ada --none\n\nBe sure that the address is really hers: whoever reads that mail can replace the password,\nwhere no second factor stands before it.',
    )
    .action(
      does((world: World, name: string, address: string | undefined, options: SetMailOptions) => setMail(world, name, address, options)),
    )
}

async function setMail(world: World, name: string, address: string | undefined, options: SetMailOptions): Promise<Outcome> {
  if ((address === undefined) === (options.none !== true))
    return failed(EXIT.usage, 'Say where to, in one way.', 'Give an address, or --none.')
  return await withAccounts(world, options.config, async (accounts, cause) => {
    const outcome = await accounts.setMail(name, address ?? null, cause)
    return toldAccount(outcome, address === undefined ? `${name} gets no mail any more.` : `Mail for ${name} goes to ${address}.`)
  })
}
