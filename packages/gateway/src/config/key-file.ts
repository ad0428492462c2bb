import type { Config } from './paths.ts'

/** The file whose content opens the vault, be it the key itself or its passphrase; null when it is in no file. */
export function keyFileOf({ vault: { key } }: Pick<Config, 'vault'>): string | null {
  if ('file' in key) return key.file
  return 'passphrase' in key && key.passphrase !== 'prompt' ? key.passphrase.file : null
}
