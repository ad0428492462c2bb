import type { Command } from 'commander'
import { hashesOf } from '../account/factors.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done } from './outcome.ts'
import { table } from './secret-show.ts'
import { formatMoment } from './secret-times.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

export function addAccountFactors(account: Command, does: Does): void {
  withCommonOptions(account.command('factors'))
    .description('Show the second factors of an account.')
    .argument('<name>', 'an account')
    .addHelpText('after', '\nExamples:\n  cloakroom account factors ada\n  cloakroom account factors ada --json')
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        withAccounts(world, options.config, async (accounts, _cause, { factors, demandsSecondFactor }) => {
          const found = await accounts.find(name)
          if (found === null) return toldAccount({ kind: 'refused', code: 'unknown_account', why: `There is no account ${name}.` }, '')
          const own = await factors.list(found.id)
          const shown = own.map((factor) => ({
            id: factor.id,
            kind: factor.kind,
            name: factor.name,
            createdAt: factor.createdAt,
            lastUsedAt: factor.lastUsedAt,
            ...(factor.kind === 'recovery-codes' ? { left: hashesOf(factor).length } : {}),
          }))
          const rows = shown.map((factor) => [
            factor.id.slice(0, 8),
            factor.kind,
            'left' in factor ? `${String(factor.left)} left` : factor.name,
            `since ${formatMoment(factor.createdAt)}`,
            factor.lastUsedAt === null ? 'never used' : `used ${formatMoment(factor.lastUsedAt)}`,
          ])
          const demand = demandsSecondFactor(found.roles) ? ' One is demanded at the next sign-in.' : ''
          return done(rows.length === 0 ? `${name} has no second factor.${demand}` : table(rows), shown)
        }),
      ),
    )
}
