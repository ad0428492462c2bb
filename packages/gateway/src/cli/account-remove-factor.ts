import type { Command } from 'commander'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

interface RemoveOptions extends CommonOptions {
  readonly all?: boolean
}

export function addAccountRemoveFactor(account: Command, does: Does): void {
  withCommonOptions(account.command('remove-factor'))
    .description('Remove a second factor of an account, as after a lost phone, and end its sessions.')
    .argument('<name>', 'an account')
    .argument('[id]', 'as `account factors` shows it, or its beginning')
    .option('--all', 'all of them, recovery codes included')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom account remove-factor ada 3fQk9dLm\n  cloakroom account remove-factor ada --all\n\nBe sure that it is really she who asks: without the factor her password alone signs in,\nunless `secondFactor` demands a new one.',
    )
    .action(does((world: World, name: string, id: string | undefined, options: RemoveOptions) => removeFactor(world, name, id, options)))
}

async function removeFactor(world: World, name: string, id: string | undefined, options: RemoveOptions): Promise<Outcome> {
  if ((id === undefined) === (options.all !== true))
    return failed(EXIT.usage, 'Say which factor to remove, in one way.', 'Give its id, or --all.')
  return await withAccounts(world, options.config, async (accounts, cause, { factors, sessions }) => {
    const account = await accounts.find(name)
    if (account === null) return toldAccount({ kind: 'refused', code: 'unknown_account', why: `There is no account ${name}.` }, '')
    const meant = (await factors.list(account.id)).filter((factor) => id === undefined || (id.length >= 4 && factor.id.startsWith(id)))
    if (meant.length === 0 || (id !== undefined && meant.length > 1))
      return failed(
        EXIT.failed,
        meant.length === 0 ? `${name} has no such factor.` : `${meant.length} factors of ${name} have ids that begin like that.`,
        `See them with \`cloakroom account factors ${name}\`; give at least four characters of the id.`,
      )
    for (const factor of meant) await factors.remove(account, factor.id, false, cause)
    // Whoever has the lost phone may be signed in on it.
    const ended = await sessions.endAll(account.id, cause.at, 'factors-changed')
    const what = meant.length === 1 ? 'One factor' : `${meant.length} factors`
    return done(`${what} of ${name} removed; ${ended === 1 ? 'one session' : `${ended} sessions`} ended.`, {
      removed: meant.map((factor) => factor.id),
      ended,
    })
  })
}
