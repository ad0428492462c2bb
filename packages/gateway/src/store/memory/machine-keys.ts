import type { MachineKeyRow, MachineKeyStore } from '../store.ts'

/** MachineKeyStore in a map. */
export function memoryMachineKeys(): MachineKeyStore {
  const keys = new Map<string, MachineKeyRow>()
  return {
    insert(key) {
      if (keys.has(key.id)) return false
      if (key.revokedAt === null && [...keys.values()].some(({ name, revokedAt }) => revokedAt === null && name === key.name)) return false
      keys.set(key.id, key)
      return true
    },
    find: (id) => keys.get(id) ?? null,
    revoke(id, at) {
      const key = keys.get(id)
      if (key === undefined || key.revokedAt !== null) return false
      keys.set(id, { ...key, revokedAt: at })
      return true
    },
    noteUse(id, at, address) {
      const key = keys.get(id)
      if (key !== undefined && at > (key.lastUsedAt ?? 0)) keys.set(id, { ...key, lastUsedAt: at, lastAddress: address })
    },
    list: () =>
      [...keys.values()].toSorted((one, other) =>
        one.name === other.name ? one.createdAt - other.createdAt : one.name < other.name ? -1 : 1,
      ),
  }
}
