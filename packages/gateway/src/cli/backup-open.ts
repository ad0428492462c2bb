import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readBackup } from '../backup/read.ts'
import type { Config } from '../config/paths.ts'
import { checkIntegrity } from '../store/sqlite/integrity.ts'
import { SNAPSHOT_FILES } from '../store/sqlite/snapshot.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import { GateError } from '../errors.ts'
import { chainKey } from '../audit/chain-key.ts'
import type { ChainReport } from '../audit/verify-chain.ts'
import { PURPOSES } from '../purposes.ts'
import type { Stores } from '../store/store.ts'
import { openBackupKey } from '../vault/backup-key.ts'
import { passphraseKey } from '../vault/keys/passphrase.ts'
import type { KeyProvider } from '../vault/keys/provider.ts'
import type { SlotPurpose } from '../vault/slots.ts'
import { openVault, type Vault } from '../vault/vault.ts'
import { askHidden, type Asked } from './ask.ts'
import { verifyStore } from './audit-verify.ts'
import { keyOf, passphraseAsker } from './open.ts'
import type { CommonOptions } from './options.ts'
import type { World } from './world.ts'

export interface BackupOptions extends CommonOptions {
  readonly recover?: boolean
  readonly recoveryFile?: string
}

/** What opens a backup: the vault's key as the configuration names it, or the recovery passphrase. */
export interface Opener {
  readonly provider: KeyProvider
  readonly purpose: SlotPurpose
}

export async function openerOf(world: World, config: Config, options: BackupOptions): Promise<Asked<Opener>> {
  if (options.recover !== true && options.recoveryFile === undefined) {
    const asks = passphraseAsker(world.terminal, 'The vault’s passphrase')
    return { kind: 'answer', value: { provider: keyOf(config, world.terminal, asks.ask), purpose: 'main' } }
  }
  const asked = await askHidden(world.terminal, 'The recovery passphrase', options.recoveryFile ?? null)
  if (asked.kind === 'none') return asked
  const { readRecoveryPassphrase } = await import('./recovery.ts')
  const phrase = readRecoveryPassphrase(asked.value.toString('utf8'))
  return { kind: 'answer', value: { provider: passphraseKey(() => Promise.resolve(phrase)), purpose: 'recovery' } }
}

/** A store from a backup, unpacked and found good. */
export interface Unpacked {
  readonly createdAt: number
  readonly stores: Stores
  readonly vault: Vault
  readonly chain: ChainReport
  readonly versions: number
}

/**
 * Unpacks a backup into `folder` and looks at all of it: each chunk, each database page, each version in the vault, the whole audit trail.
 * Throws GateError for the first thing that is not as it was. The caller closes what it gets.
 */
export async function unpack(world: World, path: string, folder: string, { provider, purpose }: Opener): Promise<Unpacked> {
  const { manifest } = await readBackup(path, folder, (header) => openBackupKey(header.vaultId, header.slots, provider, purpose))
  const lacking = SNAPSHOT_FILES.find((name) => manifest.files.every((file) => file.name !== name))
  if (lacking !== undefined) throw new GateError('store_unavailable', `the backup holds no ${lacking}`)
  for (const { file, damage } of checkIntegrity(folder))
    if (damage !== null) throw new GateError('store_unavailable', `${file} in the backup: ${damage}`)
  const stores = openSqlite(folder, world.clock)
  let vault: Vault | null = null
  try {
    vault = await openVault(stores.vault, provider, { ...world, purpose, minted: stores.minted })
    const versions = await vault.spellings(world.clock())
    for (const { needles } of versions) for (const needle of needles ?? []) needle.fill(0)
    const closed = versions.find(({ needles }) => needles === null)
    if (closed !== undefined)
      throw new GateError('credential_unavailable', `${closed.name} version ${closed.version} in the backup is not what was sealed`)
    const chain = await verifyStore(stores, chainKey(vault.deriveKey(PURPOSES.auditChain)))
    return { createdAt: manifest.createdAt, stores, vault, chain, versions: versions.length }
  } catch (cause) {
    vault?.close()
    await stores.close()
    throw cause
  }
}

/** Texts of files that the operator named. */
export function readTexts(world: World, files: readonly string[]): readonly string[] {
  return files.map((file) => readFileSync(resolve(world.terminal.cwd, file), 'utf8'))
}
