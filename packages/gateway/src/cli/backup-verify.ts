import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { inWorkFolder } from '../backup/write.ts'
import { loadConfig } from '../config/load.ts'
import { type BackupOptions, openerOf, unpack } from './backup-open.ts'
import { configProblems } from './open.ts'
import { withCommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { table } from './secret-show.ts'
import type { Does, World } from './world.ts'

export function addBackupVerify(backup: Command, does: Does): void {
  withCommonOptions(backup.command('verify <file>'))
    .description('Open a backup and prove all of it: each part, each database, each secret in the vault, the audit trail. Changes nothing.')
    .option('--recover', 'open it with the recovery passphrase instead of the vault’s key')
    .option('--recovery-file <file>', 'the recovery passphrase in a file')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom backup verify /backup/2026-11-27.cloakroom\n  cloakroom backup verify --recover /backup/2026-11-27.cloakroom\n\nIt unpacks beside the `store` folder for as long as it looks: the room of the store is needed once more.',
    )
    .action(does((world: World, file: string, options: BackupOptions) => backupVerify(world, file, options)))
}

async function backupVerify(world: World, file: string, options: BackupOptions): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config), { withoutRules: true })
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const { config } = loaded
  const opener = await openerOf(world, config, options)
  if (opener.kind === 'none') return opener.outcome
  const path = resolve(world.terminal.cwd, file)
  return await inWorkFolder(existsSync(config.store) ? config.store : dirname(config.store), async (folder) => {
    const { stores, vault, chain, versions, createdAt } = await unpack(world, path, folder, opener.value)
    const accounts = (await stores.accounts.list()).length
    vault.close()
    await stores.close()
    if (chain.fault !== null)
      return failed(
        EXIT.failed,
        `The backup is as it was written, and the audit trail in it was changed: see entry ${chain.fault.seq}.`,
        'Look at an older backup, and at where else the events are sent. It can be restored all the same: --even-if-changed.',
      )
    const made = new Date(createdAt).toISOString()
    const rows = [
      ['made', made],
      ['accounts', String(accounts)],
      ['secrets', `${versions} versions open`],
      ['audit trail', `${chain.entries} entries are whole, up to ${chain.head.seq}:${chain.head.hash}`],
    ]
    const value = { whole: true, createdAt: made, accounts, versions, audit: { entries: chain.entries, head: chain.head } }
    return done(`The backup is good.\n${table(rows, '  ')}`, value)
  })
}
