import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import { inWorkFolder, writeBackup } from '../backup/write.ts'
import type { Config } from '../config/paths.ts'
import { foldersOf } from '../key-source.ts'
import { PURPOSES } from '../purposes.ts'
import { SNAPSHOT_FILES, snapshotStore } from '../store/sqlite/snapshot.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

export function addBackupCreate(backup: Command, does: Does): void {
  withCommonOptions(backup.command('create <file>'))
    .description('Save accounts, the sealed vault, the audit trail, bans and counters into one sealed file, while the gateway runs.')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom backup create /backup/$(date +%F).cloakroom
  cloakroom backup verify /backup/2026-11-27.cloakroom

The vault's key opens the file, and so does the recovery passphrase. Neither is in it: keep the key file, or the passphrase, where the
backups are not, and cloakroom.yaml with your own files. Sessions and providers' tokens are never in a backup.`,
    )
    .action(does((world: World, file: string, options: CommonOptions) => backupCreate(world, file, options)))
}

async function backupCreate(world: World, file: string, options: CommonOptions): Promise<Outcome> {
  const path = resolve(world.terminal.cwd, file)
  return await withVault(world, options.config, async (opened) => {
    const { config, stores, vault } = opened
    const wrong = refusePath(path, config)
    if (wrong !== null) return wrong
    const { bytes, manifest } = await inWorkFolder(config.store, async (folder) => {
      const at = world.clock()
      snapshotStore(config.store, folder)
      const meta = await stores.vault.readMeta()
      return await writeBackup({
        path,
        folder,
        names: SNAPSHOT_FILES,
        key: vault.deriveKey(PURPOSES.backups),
        vaultId: meta?.vaultId ?? '',
        slots: await stores.vault.slots(),
        at,
        random: world.random,
      })
    })
    await opened.note({ kind: 'backup.created', target: basename(path), detail: { bytes } })
    const text = [
      `${path} is written and was read again: ${bytes} bytes.`,
      'The vault’s key or the recovery passphrase opens it; keep them elsewhere.',
    ]
    return done(text.join('\n'), { file: path, bytes, createdAt: new Date(manifest.createdAt).toISOString() })
  })
}

function refusePath(path: string, config: Config): Outcome | null {
  const folder = dirname(path)
  if (!existsSync(folder)) return failed(EXIT.cannotCreate, `There is no folder ${folder}.`, 'Make it first, readable by this user alone.')
  for (const taken of [path, `${path}.partial`])
    if (existsSync(taken)) return failed(EXIT.cannotCreate, `${taken} is there already.`, 'Choose another name, or move it away first.')
  const inside = foldersOf(config).find((other) => existsSync(other) && isInside(join(realpathSync(folder), basename(path)), other))
  if (inside === undefined) return null
  return failed(
    EXIT.cannotCreate,
    `${path} lies in ${inside}.`,
    'Put it where neither the store nor the website is, best on another machine.',
  )
}

function isInside(path: string, folder: string): boolean {
  const way = relative(realpathSync(folder), path)
  return way.split(sep)[0] !== '..' && !isAbsolute(way)
}
