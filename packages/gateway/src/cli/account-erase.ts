import type { Command } from 'commander'
import { eraseAccount } from '../account/erase.ts'
import { chainKey } from '../audit/chain-key.ts'
import { eraseLines } from '../audit/erase-lines.ts'
import { accountKey } from '../decide/account-name.ts'
import { PURPOSES } from '../purposes.ts'
import { scrubStore } from '../store/sqlite/scrub.ts'
import { askYes } from './ask.ts'
import { auditFileOf, withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { table } from './secret-show.ts'
import type { Does, World } from './world.ts'

interface EraseOptions extends CommonOptions {
  readonly yes?: boolean
}

export function addAccountErase(account: Command, does: Does): void {
  withCommonOptions(account.command('erase'))
    .description(
      'Delete a person for good: account, sessions, factors, links. In the audit trail a pseudonym takes the name’s place; it still verifies.',
    )
    .argument('<name>', 'an account')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Example:
  cloakroom account erase ada --yes

Not reached: access logs and copies of audit.jsonl that were rotated or collected elsewhere (delete them when their time is over), and backups:
a restore erases the account again where audit.jsonl tells of it.`,
    )
    .action(does((world: World, name: string, options: EraseOptions) => accountErase(world, name, options)))
}

async function accountErase(world: World, name: string, options: EraseOptions): Promise<Outcome> {
  if (options.yes !== true) {
    if (!world.terminal.isInteractive) return failed(EXIT.usage, 'There is no terminal to ask on.', 'Add --yes if you mean it.')
    const asked = await askYes(world.terminal, `Erase ${name} for good?`)
    if (asked.kind === 'none') return asked.outcome
    if (!asked.value) return { kind: 'interrupted' }
  }
  return await withVault(world, options.config, async (opened) => {
    const { stores, vault, config } = opened
    const account = await stores.accounts.findByKey(accountKey(name))
    if (account === null) return failed(EXIT.failed, `There is no account ${name}.`, 'See the accounts with `cloakroom account list`.')
    const at = world.clock()
    const chain = chainKey(vault.deriveKey(PURPOSES.auditChain))
    const { pseudonym, ...counts } = await eraseAccount({ stores, chain, random: world.random, at }, account)
    scrubStore(config.store)
    const lines = await eraseLines(auditFileOf(config), at, { key: account.key, pseudonym })
    // By its id: a later restore of an older backup finds the account by that alone.
    await opened.note({ kind: 'account.erased', target: pseudonym, detail: { id: account.id, entries: counts.entries } })
    const rows = [
      ['sessions', `${counts.sessions} ended; their rows go within a day after their time is over`],
      ['second factors', `${counts.factors} deleted`],
      ['provider links', `${counts.links} deleted`],
      ['decisions', `${counts.decisions} deleted`],
      ['audit trail', `${counts.entries} entries name ${pseudonym} now`],
    ]
    const told = lines === null ? [] : [`The trail’s lines until now lie in ${lines}, without the name; audit.jsonl begins anew.`]
    return done([`The account is erased.`, table(rows, '  '), ...told].join('\n'), { pseudonym, ...counts, lines })
  })
}
