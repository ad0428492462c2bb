import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'
import type { VaultStore } from '../store/store.ts'
import type { KeyProvider } from './keys/provider.ts'
import { ROOT_KEY_BYTES } from './keys/provider.ts'
import { makeGeneration } from './keyring.ts'
import { makeSlot } from './slots.ts'

export interface CreateOptions {
  /** Opens the vault at every start. */
  readonly main: KeyProvider
  /** Opens it when the main key is lost: without one, a lost key file is a lost vault, backups included. */
  readonly recovery: KeyProvider
  readonly at: Instant
  readonly random: Random
}

/** Makes an empty vault. Both slots are opened again before anything is written. Throws GateError when there is a vault already. */
export async function createVault(store: VaultStore, options: CreateOptions): Promise<void> {
  const { main, recovery, at, random } = options
  const vaultId = random(16).toString('base64url')
  const root = random(ROOT_KEY_BYTES)
  try {
    const slots = [await makeSlot(main, 'main', vaultId, root, at, random), await makeSlot(recovery, 'recovery', vaultId, root, at, random)]
    const made = await store.create(vaultId, slots, makeGeneration(1, vaultId, root, at, random))
    if (!made) throw new GateError('credential_unavailable', 'this store holds a vault already; nothing was changed')
  } finally {
    root.fill(0)
  }
}
