import { randomBytes } from 'node:crypto'
import type { Instant } from '../src/decide/head.ts'
import { memoryStores } from '../src/store/memory.ts'
import type { RecordRow, VaultStore } from '../src/store/store.ts'
import { createVault } from '../src/vault/create.ts'
import { envKey } from '../src/vault/keys/env.ts'
import type { KeyProvider } from '../src/vault/keys/provider.ts'
import { openVault, type Vault, type VaultOptions } from '../src/vault/vault.ts'

export const NOW: Instant = Date.UTC(2026, 10, 23, 12)
export const SHOP = 'https://api.shop.example'

export interface VaultKit {
  readonly store: VaultStore
  readonly main: KeyProvider
  readonly recovery: KeyProvider
  /** Another process's view of the same vault. */
  open(options?: Partial<VaultOptions>): Promise<Vault>
}

/** A fresh vault in memory, or in the store given. Keys are real, only quick: Argon2id is tried out in its own test. */
export async function createKit(store: VaultStore = memoryStores().vault): Promise<VaultKit> {
  const main = quickKey()
  const recovery = quickKey()
  await createVault(store, { main, recovery, at: NOW, random: randomBytes })
  return { store, main, recovery, open: (options = {}) => openVault(store, main, { clock: () => NOW, random: randomBytes, ...options }) }
}

export function quickKey(): KeyProvider {
  return envKey('KEY', { KEY: randomBytes(32).toString('base64') })
}

/** The value of a credential as a call would see it; the credential is released. */
export async function valueOf(vault: Vault, name: string, at: Instant = NOW, origin: string = SHOP): Promise<string> {
  const opened = await vault.open(name, origin, at)
  try {
    return Buffer.from(opened.secret.reveal()).toString()
  } finally {
    opened.release()
  }
}

export async function addSecret(
  vault: Vault,
  name: string,
  value: string,
  times: { notBefore?: Instant; notAfter?: Instant } = {},
): Promise<void> {
  const made = await vault.add(name, { value: Buffer.from(value), placement: { kind: 'bearer' }, origins: [SHOP], ...times }, NOW)
  if (made.kind === 'refused') throw new Error(made.text)
}

export async function rotateSecret(vault: Vault, name: string, value: string, retireAfterMs = 0, at: Instant = NOW): Promise<void> {
  const made = await vault.rotate(name, { value: Buffer.from(value), retireAfterMs }, at)
  if (made.kind === 'refused') throw new Error(made.text)
}

/** A row as it lies in the store. */
export async function rowOf(store: VaultStore, name: string, version = 1): Promise<RecordRow> {
  const row = (await store.records()).find((each) => each.name === name && each.version === version)
  if (row === undefined) throw new Error(`no row ${name} ${version}`)
  return row
}
