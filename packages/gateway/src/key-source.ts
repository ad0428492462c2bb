import { readFile } from 'node:fs/promises'
import type { Config } from './config/paths.ts'
import { envKey } from './vault/keys/env.ts'
import { execKey } from './vault/keys/exec.ts'
import { fileKey } from './vault/keys/file.ts'
import { passphraseKey } from './vault/keys/passphrase.ts'
import type { KeyProvider } from './vault/keys/provider.ts'

export interface KeyAsks {
  /** Asks a person for the vault's passphrase; rejects where nobody can be asked. */
  readonly passphrase: () => Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The key provider that the configuration names. Opens nothing yet. */
export function keySource(config: Config, asks: KeyAsks): KeyProvider {
  const { key } = config.vault
  if ('file' in key) return fileKey(key.file, { outside: foldersOf(config) })
  if ('env' in key) return envKey(key.env, asks.env)
  if ('exec' in key) return execKey(key.exec)
  const { passphrase } = key
  return passphraseKey(passphrase === 'prompt' ? asks.passphrase : async () => (await readFile(passphrase.file, 'utf8')).trimEnd())
}

/** Where the key must not lie: copies of these folders are made, or served. */
export function foldersOf(config: Config): readonly string[] {
  return [config.store, ...(config.site?.folder ? [config.site.folder] : [])]
}
