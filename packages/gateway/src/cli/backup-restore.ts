import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { openAuditTrail } from '../audit/audit.ts'
import { chainKey } from '../audit/chain-key.ts'
import { auditEvent, COMMAND } from '../audit/event.ts'
import { raiseMark } from '../backup/age-mark.ts'
import { beginAnew, type Ended, endAgain, endMachineKeys } from '../backup/end-again.ts'
import { endedSince, readEvents } from '../backup/since.ts'
import { clearLeftovers, storeFilesIn, swapStore } from '../backup/swap.ts'
import { inWorkFolder } from '../backup/write.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/paths.ts'
import { systemLater } from '../lib/later.ts'
import { PURPOSES } from '../purposes.ts'
import { SWAP_MARK } from '../store/swap-mark.ts'
import { scrubStore } from '../store/sqlite/scrub.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import { isStoreInUse } from '../store/sqlite/snapshot.ts'
import { type BackupOptions, openerOf, readTexts, unpack, type Unpacked } from './backup-open.ts'
import { auditFileOf, configProblems } from './open.ts'
import { collect, withCommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { table } from './secret-show.ts'
import { denyAllJwts } from '../session/deny-jwts.ts'
import type { Does, World } from './world.ts'

interface RestoreOptions extends BackupOptions {
  readonly replace?: boolean
  readonly events: readonly string[]
  readonly keepMachineKeys?: boolean
  readonly evenIfChanged?: boolean
}

export function addBackupRestore(backup: Command, does: Does): void {
  withCommonOptions(backup.command('restore <file>'))
    .description(
      'Bring a backup back into the `store` folder. Everybody signs in anew, and what was revoked since the backup stays revoked.',
    )
    .option('--replace', 'there is a store already: put it aside, into the folder before-TIME beside the new files')
    .option('--events <file>', 'audit.jsonl from elsewhere, or an older part of it; what it says was revoked is revoked again', collect, [])
    .option('--keep-machine-keys', 'without any events: keys of programs count as the backup says; you know that none was revoked since')
    .option('--even-if-changed', 'although the audit trail in the backup was changed')
    .option('--recover', 'open it with the recovery passphrase instead of the vault’s key')
    .option('--recovery-file <file>', 'the recovery passphrase in a file')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom backup restore /backup/2026-11-27.cloakroom
  cloakroom backup restore --replace /backup/2026-11-27.cloakroom
  cloakroom backup restore --events /var/log/collected/audit.jsonl /backup/2026-11-27.cloakroom

Stop the gateway first: it is refused while any process has the store open. All of the backup is proven before anything is exchanged.
When the key file is lost as well: restore with --recover, then run cloakroom secret rekey --recover for a new one.`,
    )
    .action(does((world: World, file: string, options: RestoreOptions) => backupRestore(world, file, options)))
}

async function backupRestore(world: World, file: string, options: RestoreOptions): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config), { withoutRules: true })
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const { config } = loaded
  const old = storeFilesIn(config.store)
  const isBroken = existsSync(join(config.store, SWAP_MARK))
  if ((old.length > 0 || isBroken) && options.replace !== true)
    return failed(
      EXIT.cannotCreate,
      `${config.store} holds ${isBroken ? 'a restore that was broken off' : 'a store'} already: ${old.join(', ')}.`,
      'Nothing was changed. Add --replace to put it aside, or name another `store` in the configuration.',
    )
  if (isStoreInUse(config.store)) return IN_USE
  const opener = await openerOf(world, config, options)
  if (opener.kind === 'none') return opener.outcome
  mkdirSync(config.store, { recursive: true, mode: 0o700 })
  clearLeftovers(config.store)
  const events = eventTexts(world, config, options)
  return await inWorkFolder(config.store, async (folder) => {
    const path = resolve(world.terminal.cwd, file)
    const unpacked = await unpack(world, path, folder, opener.value)
    let ended: Ended
    try {
      if (unpacked.chain.fault !== null && options.evenIfChanged !== true)
        return failed(
          EXIT.failed,
          `The audit trail in the backup was changed: entry ${unpacked.chain.fault.seq}.`,
          'Nothing was restored. Use an older backup, or add --even-if-changed.',
        )
      ended = await bringUpToDate(world, config, unpacked, events, options)
      await note(world, folder, unpacked, basename(path), ended)
      scrubStore(folder)
    } finally {
      unpacked.vault.close()
      await unpacked.stores.close()
    }
    const aside = join(config.store, `before-${new Date(world.clock()).toISOString().replaceAll(/[:.]/g, '')}`)
    const swapped = await swapStore(config.store, folder, aside, () => !isStoreInUse(config.store))
    if (swapped === 'in-use') return IN_USE
    if (config.vault.mark !== null) await markAnew(config, config.vault.mark)
    const made = new Date(unpacked.createdAt).toISOString()
    const lines = [
      `The store is as it was at ${made}.`,
      table(
        ended.map((row) => [...row]),
        '  ',
      ),
      ...(old.length > 0 ? [`What was there before lies in ${aside}.`] : []),
      'Start the gateway. People sign in anew.',
    ]
    return done(lines.join('\n'), { createdAt: made, ended: Object.fromEntries(ended), aside: old.length > 0 ? aside : null })
  })
}

/** The restored store is meant to be here, older as it is. */
async function markAnew({ store }: Config, mark: string): Promise<void> {
  const stores = openSqlite(store)
  await raiseMark(stores, mark)
  await stores.close()
}

const IN_USE = failed(
  EXIT.unavailable,
  'A gateway or another command has the store open.',
  'Nothing was changed. Stop it, then run this again.',
)

/** The trail of the store that is put aside tells what happened since the backup; so does every copy of it that is named. */
function eventTexts(world: World, config: Config, { events }: RestoreOptions): readonly string[] {
  const own = auditFileOf(config)
  return [...readTexts(world, events), ...(existsSync(own) ? [readFileSync(own, 'utf8')] : [])]
}

async function bringUpToDate(
  world: World,
  config: Config,
  { stores, vault, createdAt }: Unpacked,
  events: readonly string[],
  { keepMachineKeys = false }: RestoreOptions,
): Promise<Ended> {
  const at = world.clock()
  const chain = chainKey(vault.deriveKey(PURPOSES.auditChain))
  await beginAnew({ stores, at })
  await denyAllJwts(at, config, stores.denials)
  const always = [
    ['sessions', 'none: everybody signs in anew'],
    ['JWTs', 'none that was issued until now counts'],
  ] as const
  if (events.length > 0) {
    const since = endedSince(
      events.flatMap((text) => [...readEvents(text)]),
      createdAt,
    )
    return [
      ...always,
      ['since the backup', `${since.events} events were read`],
      ...(await endAgain({ stores, vault, at, chain, random: world.random }, since)),
    ]
  }
  const lost = ['since the backup', 'nothing is known: look through accounts, passwords and secrets that were ended since'] as const
  if (keepMachineKeys) return [...always, lost, ['machine keys', 'count as the backup says']]
  return [...always, lost, ['machine keys', `${await endMachineKeys({ stores, at })} revoked: any of them may have been revoked since`]]
}

async function note(world: World, folder: string, { stores, vault, createdAt }: Unpacked, target: string, ended: Ended): Promise<void> {
  const { clock, random } = world
  const audit = openAuditTrail({ store: stores.audit, file: auditFileOf({ store: folder }), clock, random, later: systemLater })
  audit.signWith(chainKey(vault.deriveKey(PURPOSES.auditChain)))
  const detail = { ...Object.fromEntries(ended), backupOf: new Date(createdAt).toISOString() }
  await audit.commit(auditEvent({ kind: 'backup.restored', at: clock(), actor: COMMAND, target, detail }))
  await audit.close()
}
