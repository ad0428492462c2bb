import type { Command } from 'commander'
import { eventsAbout, ownData } from '../account/own-data.ts'
import { summary } from '../account/accounts.ts'
import { accountKey } from '../decide/account-name.ts'
import { openSessions } from './open-sessions.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

export function addAccountExport(account: Command, does: Does): void {
  withCommonOptions(account.command('export'))
    .description(
      'Print everything that is kept about a person, as JSON: account, sessions, authenticators, links, events. No secret, no hash.',
    )
    .argument('<name>', 'an account')
    .addHelpText(
      'after',
      '\nExample:\n  cloakroom account export ada > ada.json\n\nWhoever is signed in gets the same, without what others did to the account, at /auth/sessions.',
    )
    .action(does((world: World, name: string, options: CommonOptions) => accountExport(world, name, options)))
}

async function accountExport(world: World, name: string, options: CommonOptions): Promise<Outcome> {
  return await withVault(world, options.config, async (opened) => {
    const { stores } = opened
    const account = await stores.accounts.findByKey(accountKey(name))
    if (account === null) return failed(EXIT.failed, `There is no account ${name}.`, 'See the accounts with `cloakroom account list`.')
    const { sessions, label } = openSessions(opened, world)
    const data = ownData({
      account: summary(account),
      sessions: await sessions.list(account.id, world.clock()),
      factors: await stores.factors.list(account.id),
      identities: await stores.identities.ofAccount(account.id),
      events: await eventsAbout(stores.audit, account.name),
      label,
    })
    await opened.note({ kind: 'account.exported', target: account.name })
    return done(JSON.stringify(data, null, 2), data)
  })
}
