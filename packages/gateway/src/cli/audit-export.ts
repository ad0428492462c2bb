import type { Command } from 'commander'
import { chainKey } from '../audit/chain-key.ts'
import { PURPOSES } from '../purposes.ts'
import { EXPORT_FORMAT, type ExportLine } from './audit-export-file.ts'
import { withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

export function addAuditExport(audit: Command, does: Does): void {
  withCommonOptions(audit.command('export'))
    .description('Write the whole audit trail with its chain and signatures to standard output, one JSON value per line.')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom audit export > trail.jsonl\n  cloakroom audit export | gzip > trail.jsonl.gz\n\n`cloakroom audit verify --file trail.jsonl --public-key KEY` checks it on any machine. It holds names and addresses: keep it as you keep the store.',
    )
    .action(does((world: World, options: CommonOptions) => withVault(world, options.config, (opened) => auditExport(world, opened))))
}

/** Up to the last signature: what a running gateway adds meanwhile belongs to the next export. */
async function auditExport(world: World, { stores: { audit }, vault }: OpenedVault): Promise<Outcome> {
  const { publicKey } = chainKey(vault.deriveKey(PURPOSES.auditChain))
  const write = (line: ExportLine): void => world.terminal.out(`${JSON.stringify(line)}\n`)
  write({ format: EXPORT_FORMAT, publicKey, exportedAt: new Date(world.clock()).toISOString() })
  const { heads } = await audit.signatures()
  const upTo = heads.at(-1)?.seq ?? Infinity
  for (let page = await audit.chain(0, PAGE); page.length > 0; page = await audit.chain(page.at(-1)?.seq ?? 0, PAGE)) {
    for (const entry of page) if (entry.seq <= upTo) write({ entry })
  }
  // Read after the entries: what was deleted in between has its cut.
  for (const cut of (await audit.signatures()).cuts) write({ cut })
  for (const head of heads) write({ head })
  return { kind: 'said', exit: EXIT.ok }
}

const PAGE = 1000
