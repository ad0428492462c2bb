import type { Instant } from '../../decide/head.ts'
import type { GenerationRow, RecordRow, SlotRow, VaultStore } from '../store.ts'

/** VaultStore in plain arrays. */
export function memoryVault(): VaultStore {
  let meta: { readonly vaultId: string } | null = null
  let slots: readonly SlotRow[] = []
  let generations: readonly GenerationRow[] = []
  const records = new Map<string, RecordRow>()
  const keyOf = (name: string, version: number): string => `${version} ${name}`
  let revision = 0
  return {
    readMeta: () => meta,
    create(vaultId, firstSlots, generation) {
      if (meta !== null) return false
      meta = { vaultId }
      slots = [...firstSlots]
      generations = [generation]
      revision++
      return true
    },
    slots: () => slots,
    replaceSlots(next) {
      slots = [...next]
      revision++
    },
    generations: () => generations,
    addGeneration(generation) {
      generations = [...generations, generation].toSorted((one, other) => one.number - other.number)
      revision++
    },
    records: () =>
      [...records.values()].toSorted((one, other) =>
        one.name === other.name ? one.version - other.version : one.name < other.name ? -1 : 1,
      ),
    writeRecords(rows, onlyIf) {
      if (onlyIf !== undefined && (records.get(keyOf(onlyIf.name, onlyIf.version))?.sealed ?? null) !== onlyIf.sealed) return false
      for (const row of rows) {
        const key = keyOf(row.name, row.version)
        records.set(key, { ...row, lastUsedAt: later(records.get(key)?.lastUsedAt ?? null, row.lastUsedAt) })
      }
      revision++
      return true
    },
    noteUse(name, version, at) {
      const row = records.get(keyOf(name, version))
      if (row !== undefined && (row.lastUsedAt ?? 0) < at) records.set(keyOf(name, version), { ...row, lastUsedAt: at })
    },
    revision: () => revision,
  }
}

/** A use that was noted while its writer was busy is kept. */
function later(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other)
}
