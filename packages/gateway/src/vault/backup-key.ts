import type { KeyObject } from 'node:crypto'
import { PURPOSES } from '../purposes.ts'
import type { SlotRow } from '../store/store.ts'
import type { KeyProvider } from './keys/provider.ts'
import { openKeyring } from './keyring.ts'
import { openSlot, type SlotPurpose } from './slots.ts'

/** The key that a backup is sealed with, from the slots in its head: before there is a store. Throws GateError as `openVault` does. */
export async function openBackupKey(
  vaultId: string,
  slots: readonly SlotRow[],
  provider: KeyProvider,
  purpose: SlotPurpose,
): Promise<KeyObject> {
  return openKeyring(vaultId, await openSlot(slots, provider, purpose, vaultId)).derive(PURPOSES.backups)
}
