import { setImmediate } from 'node:timers/promises'
import type { Command } from 'commander'
import { chainKey } from '../audit/chain-key.ts'
import { pruneTrail, sum } from '../audit/prune.ts'
import { formatDuration } from '../config/units.ts'
import { PURPOSES } from '../purposes.ts'
import { withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, type Outcome } from './outcome.ts'
import { table } from './secret-show.ts'
import type { Does, World } from './world.ts'

interface PruneCommandOptions extends CommonOptions {
  readonly dryRun?: boolean
}

export function addAuditPrune(audit: Command, does: Does): void {
  withCommonOptions(audit.command('prune'))
    .description('Delete entries whose time is over, as `audit.retention` says. A running gateway does so every hour.')
    .option('--dry-run', 'only say how many would go')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom audit prune --dry-run\n  cloakroom audit prune\n\nA signature stands for what was deleted: `cloakroom audit verify` tells it from what somebody took out.',
    )
    .action(
      does((world: World, options: PruneCommandOptions) => withVault(world, options.config, (opened) => prune(world, opened, options))),
    )
}

async function prune(world: World, opened: OpenedVault, options: PruneCommandOptions): Promise<Outcome> {
  const { config, stores, vault } = opened
  const dryRun = options.dryRun === true
  const { retention, most } = config.audit
  const signer = { sign: chainKey(vault.deriveKey(PURPOSES.auditChain)).sign, now: world.clock }
  const pruned = await pruneTrail({ store: stores.audit, signer, retention, most, at: world.clock(), turn: () => setImmediate(), dryRun })
  if (!dryRun && sum(pruned) > 0) await opened.note({ kind: 'audit.pruned', target: null, detail: pruned })
  const rows = Object.entries(pruned).map(([category, count]) => [
    category,
    String(count),
    `older than ${formatDuration(retention[category as keyof typeof retention])}`,
  ])
  const title = dryRun ? 'These entries would be deleted:' : sum(pruned) === 0 ? 'Nothing is over yet.' : 'Deleted:'
  return done(`${title}\n${table(rows, '  ')}`, { dryRun, ...pruned, left: await stores.audit.count() })
}
