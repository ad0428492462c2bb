import type { Command } from 'commander'
import { type NamedUse, namedUses } from '../account/named-uses.ts'
import { dayOf } from '../audit/credential-uses.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { refuseName } from './secret-add.ts'
import { table } from './secret-show.ts'
import { formatMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

interface UsesOptions extends CommonOptions {
  readonly days: string
}

const MOST = 200

export function addSecretUses(secret: Command, does: Does): void {
  withCommonOptions(secret.command('uses'))
    .description('Show which calls a secret went out with, by route and account: what depends on it, and for whom it was used.')
    .argument('<name>', 'a credential in the vault')
    .option('--days <number>', 'how many days back, today among them', '30')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom secret uses shop-key\n  cloakroom secret uses shop-key --days 1 --json\n\nKept as long as `decisions.keep` says; a running gateway adds its calls within seconds. Whether a version that was replaced is used\nany more: cloakroom secret list.',
    )
    .action(does((world: World, name: string, options: UsesOptions) => secretUses(world, name, options)))
}

async function secretUses(world: World, name: string, options: UsesOptions): Promise<Outcome> {
  const wrongName = refuseName(name)
  if (wrongName !== null) return wrongName
  if (!/^[1-9]\d{0,2}$/.test(options.days))
    return failed(EXIT.usage, '--days is not a number of days.', 'Write one from 1 to 999, as in --days 7.')
  return await withVault(world, options.config, async ({ vault, stores }) => {
    if (!(await vault.list()).some((each) => each.name === name))
      return failed(EXIT.failed, `There is no credential ${name}.`, 'See: cloakroom secret list')
    const uses = await namedUses(stores, name, dayOf(world.clock()) - Number(options.days) + 1, MOST)
    const rows = uses.map((use) => [String(use.count), use.route, whoText(use), `last ${formatMoment(use.lastAt)}`])
    return done(rows.length === 0 ? `${name} was not used in that time.` : table(rows), uses)
  })
}

function whoText({ via, name }: NamedUse): string {
  if (via === null) return '(no account)'
  const shown = name ?? '(erased)'
  return via === 'account' ? shown : `${via} ${shown}`
}
