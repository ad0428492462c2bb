import type { Command } from 'commander'
import type { LinkSent } from '../account/reset-links.ts'
import { accountKey } from '../decide/account-name.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

interface SendResetOptions extends CommonOptions {
  readonly language?: string
}

export function addAccountSendReset(account: Command, does: Does): void {
  withCommonOptions(account.command('send-reset'))
    .description('Mail somebody a link with which he chooses a new password. You neither set nor see it.')
    .argument('<name>', 'an account with a mail address')
    .option('--language <language>', 'of the letter: en or de', 'en')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom account send-reset ada\n  cloakroom account send-reset ada --language de\n\nThe old password stays until the new one is set. To distrust it at once: cloakroom account force-reset ada',
    )
    .action(does((world: World, name: string, options: SendResetOptions) => sendReset(world, name, options)))
}

async function sendReset(world: World, name: string, { config, language = 'en' }: SendResetOptions): Promise<Outcome> {
  return await withAccounts(world, config, async (_accounts, cause, { links, stores }) => {
    if (links === null)
      return failed(EXIT.failed, 'No mail is sent from here.', 'Add `mail: { smtp: smtp://mail.example.com:587, from: gate@example.com }`.')
    const account = await stores.accounts.findByKey(accountKey(name))
    if (account === null) return toldAccount({ kind: 'refused', code: 'unknown_account', why: `There is no account ${name}.` }, '')
    const sent = await links.send(account, language, cause)
    if (sent === 'sent')
      return done(`A link is on its way to ${account.mail ?? ''}; it is good for half an hour.`, { name: account.name, sent })
    const [why, fix] = PROBLEMS[sent]
    return failed(sent === 'not_sent' ? EXIT.unavailable : EXIT.failed, why, fix.replace('NAME', account.name))
  })
}

const PROBLEMS: Readonly<Record<Exclude<LinkSent, 'sent'>, readonly [string, string]>> = {
  disabled: ['The account is disabled.', 'First: cloakroom account enable NAME'],
  no_mail: ['Nobody knows where its owner reads mail.', 'Say it: cloakroom account set-mail NAME ADDRESS'],
  no_password: ['This account has no password: its owner signs in at a provider.', 'There is nothing to reset.'],
  too_many_attempts: ['Links were mailed to this account just now.', 'Wait ten minutes.'],
  not_sent: ['The mail server did not take the letter.', 'Try it: cloakroom mail test ADDRESS'],
}
