import { existsSync, renameSync, rmSync } from 'node:fs'
import type { Command } from 'commander'
import { chainKey } from '../audit/chain-key.ts'
import { PURPOSES } from '../purposes.ts'
import { foldersOf } from '../key-source.ts'
import type { Stores } from '../store/store.ts'
import { createKeyFile, fileKey } from '../vault/keys/file.ts'
import { passphraseKey } from '../vault/keys/passphrase.ts'
import type { KeyProvider } from '../vault/keys/provider.ts'
import type { RekeyOptions } from '../vault/rekey.ts'
import { openVault, type Vault } from '../vault/vault.ts'
import { askHidden } from './ask.ts'
import { keyOf, passphraseAsker, withStore, withVault, type Opened } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { makeRecoveryPassphrase, readRecoveryPassphrase } from './recovery.ts'
import { showPassphrase } from './show-passphrase.ts'
import type { Does, World } from './world.ts'

interface RekeyCommandOptions extends CommonOptions {
  readonly newKey?: boolean
  readonly newRecovery?: boolean
  readonly recover?: boolean
}

export function addSecretRekey(secret: Command, does: Does): void {
  withCommonOptions(secret.command('rekey'))
    .description('Seal everything anew under a fresh key, while requests run. With --recover: get back in when the key is lost.')
    .option('--new-key', 'also replace the key that opens the vault at start (the key file, or the passphrase)')
    .option('--new-recovery', 'also replace the recovery passphrase, and show the new one once')
    .option('--recover', 'open the vault with the recovery passphrase and make a new key for it')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom secret rekey
  cloakroom secret rekey --new-key --new-recovery     after somebody left who could read the key
  cloakroom secret rekey --recover                    asks for the recovery passphrase, or reads it from standard input

To change the kind of key, change \`vault: { key: … }\` in the configuration, then run it with --recover.`,
    )
    .action(
      does((world: World, options: RekeyCommandOptions) =>
        options.recover === true ? recover(world, options) : secretRekey(world, options),
      ),
    )
}

async function secretRekey(world: World, options: RekeyCommandOptions): Promise<Outcome> {
  return await withVault(world, options.config, async (opened) => {
    if (options.newKey !== true) return await seal(world, opened, opened.vault, options, null)
    const { key } = opened.config.vault
    if ('env' in key || ('passphrase' in key && key.passphrase !== 'prompt')) {
      return failed(
        EXIT.usage,
        '--new-key cannot change a key that comes from the environment or from a passphrase file.',
        'Put the new one there first, then run: cloakroom secret rekey --recover',
      )
    }
    if (!('file' in key)) {
      const asks = passphraseAsker(world.terminal, 'The new passphrase of the vault')
      return await seal(world, opened, opened.vault, options, keyOf(opened.config, world.terminal, asks.ask))
    }
    return await withNewKeyFile(opened, key.file, world, (provider) => seal(world, opened, opened.vault, options, provider))
  })
}

async function recover(world: World, options: RekeyCommandOptions): Promise<Outcome> {
  return await withStore(world, options.config, async (opened) => {
    const asked = await askHidden(world.terminal, 'The recovery passphrase', null)
    if (asked.kind === 'none') return asked.outcome
    const phrase = readRecoveryPassphrase(asked.value.toString('utf8'))
    const vault = await openVault(
      opened.stores.vault,
      passphraseKey(async () => phrase),
      { ...world, purpose: 'recovery' },
    )
    opened.audit.signWith(chainKey(vault.deriveKey(PURPOSES.auditChain)))
    try {
      const { key } = opened.config.vault
      if (!('file' in key)) {
        const asks = passphraseAsker(world.terminal, 'The new passphrase of the vault')
        return await seal(world, opened, vault, options, keyOf(opened.config, world.terminal, asks.ask))
      }
      return await withNewKeyFile(opened, key.file, world, (provider) => seal(world, opened, vault, options, provider))
    } finally {
      vault.close()
    }
  })
}

/**
 * The new file gets its name only when the vault's slot is closed with it. Whatever breaks off in between, the one file that opens the
 * vault is kept: under its name, or as `.new` when the process was killed.
 */
async function withNewKeyFile(
  { config, stores }: Opened,
  path: string,
  world: World,
  work: (provider: KeyProvider) => Promise<Outcome>,
): Promise<Outcome> {
  const next = `${path}.new`
  const options = { outside: foldersOf(config) }
  if (existsSync(next)) {
    return failed(
      EXIT.cannotCreate,
      `${next} is left from an attempt that was broken off.`,
      `If the vault does not open with ${path}, rename ${next} to it; else delete ${next}. Then run this again.`,
    )
  }
  await createKeyFile(next, options)
  try {
    return await work(fileKey(next, options))
  } finally {
    if (await opens(stores, fileKey(next, options), world)) renameSync(next, path)
    else rmSync(next, { force: true })
  }
}

async function opens(stores: Stores, provider: KeyProvider, world: World): Promise<boolean> {
  try {
    const vault = await openVault(stores.vault, provider, world)
    vault.close()
    return true
  } catch {
    return false
  }
}

async function seal(world: World, opened: Opened, vault: Vault, options: RekeyCommandOptions, main: KeyProvider | null): Promise<Outcome> {
  const phrase = options.newRecovery === true ? makeRecoveryPassphrase(world.random) : null
  const given: RekeyOptions = {
    ...(main === null ? {} : { main }),
    ...(phrase === null ? {} : { recovery: passphraseKey(async () => phrase) }),
  }
  const { generation, resealed } = await vault.rekey(given, world.clock())
  await opened.note({
    kind: 'vault.rekeyed',
    target: null,
    detail: { generation, resealed, newKey: main !== null, newRecovery: phrase !== null },
  })
  if (phrase !== null) showPassphrase(world.terminal, phrase)
  const text = [
    `${resealed === 1 ? 'One version is' : `${resealed} versions are`} sealed under key generation ${generation}.`,
    ...(main === null ? [] : ['The vault has a new key. Replace the copies of the old one in your backups.']),
  ]
  return done(text.join('\n'), { generation, resealed, newKey: main !== null, newRecovery: phrase !== null })
}
