import { GateError } from '../errors.ts'
import type { SlotRow } from '../store/store.ts'
import type { KeyProvider } from '../vault/keys/provider.ts'
import { openSlot } from '../vault/slots.ts'
import { note, ok, problem, type Finding } from './finding.ts'

/** Opens every slot of the vault with the key that belongs to it: a recovery passphrase that nobody tries is found wrong on the day it is needed. */
export async function examineSlots(
  slots: readonly SlotRow[],
  vaultId: string,
  main: KeyProvider,
  recovery: KeyProvider | null,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const purpose of ['main', 'recovery'] as const) {
    const own = slots.filter((slot) => slot.purpose === purpose)
    if (own.length === 0) {
      findings.push(problem('keys', `The vault has no ${purpose} slot.`, 'Make one: cloakroom secret rekey --new-recovery'))
      continue
    }
    const provider = purpose === 'main' ? main : recovery
    for (const slot of own) {
      if (provider === null) {
        findings.push(
          note(
            'keys',
            `The ${purpose} slot (${slot.provider}) was not tried.`,
            'Try it: cloakroom doctor --recovery-file FILE, or at a terminal.',
          ),
        )
      } else findings.push(await examineSlot([slot], provider, purpose, vaultId))
    }
  }
  return findings
}

async function examineSlot(
  slots: readonly SlotRow[],
  provider: KeyProvider,
  purpose: SlotRow['purpose'],
  vaultId: string,
): Promise<Finding> {
  try {
    const root = await openSlot(slots, provider, purpose, vaultId)
    root.fill(0)
    return ok('keys', `The ${purpose} slot opens (${provider.name}).`)
  } catch (cause) {
    const why = cause instanceof GateError ? cause.message.slice(cause.code.length + 2) : 'the key was not accepted'
    const fix = purpose === 'main' ? 'Bring the key back from its backup.' : 'Make another one: cloakroom secret rekey --new-recovery'
    return problem('keys', `The ${purpose} slot does not open: ${why}.`, fix)
  }
}
