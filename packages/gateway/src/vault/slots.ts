import { timingSafeEqual } from 'node:crypto'
import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'
import type { SlotRow } from '../store/store.ts'
import type { KeyProvider } from './keys/provider.ts'

export type SlotPurpose = SlotRow['purpose']

/** Closes the root key in a slot, and opens it again before the slot is believed: a key that cannot be got back is found out now. */
export async function makeSlot(
  provider: KeyProvider,
  purpose: SlotPurpose,
  vaultId: string,
  root: Uint8Array,
  at: Instant,
  random: Random,
): Promise<SlotRow> {
  const id = random(9).toString('base64url')
  const context = contextOf(vaultId, id, purpose)
  const { wrapped, parameters } = await provider.wrap(root, context)
  const again = await provider.unwrap(wrapped, parameters, context)
  const same = again.length === root.length && timingSafeEqual(again, root)
  again.fill(0)
  if (!same)
    throw new GateError('credential_unavailable', `the key provider \`${provider.name}\` does not give back the key that it was given`)
  return { id, provider: provider.name, purpose, parameters, wrapped, createdAt: at }
}

/** The root key, the caller's to zero. Throws GateError when no slot of this purpose opens with this provider. */
export async function openSlot(slots: readonly SlotRow[], provider: KeyProvider, purpose: SlotPurpose, vaultId: string): Promise<Buffer> {
  const fitting = slots.filter((slot) => slot.purpose === purpose && slot.provider === provider.name)
  if (fitting.length === 0) {
    const there = slots.map((slot) => `${slot.purpose} by ${slot.provider}`).join(', ')
    throw new GateError(
      'credential_unavailable',
      `the vault has no ${purpose} slot for the key provider \`${provider.name}\` (it has: ${there})`,
    )
  }
  let failure: unknown = null
  for (const slot of fitting) {
    try {
      return await provider.unwrap(slot.wrapped, slot.parameters, contextOf(vaultId, slot.id, purpose))
    } catch (cause) {
      failure = cause
    }
  }
  throw failure
}

function contextOf(vaultId: string, id: string, purpose: SlotPurpose): string {
  return `cloakroom/vault/${vaultId}/slot/${id}/${purpose}`
}
