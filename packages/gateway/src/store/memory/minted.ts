import type { MintedRow, MintStore } from '../store.ts'

/** MintStore in one map. */
export function memoryMinted(): MintStore {
  const rows = new Map<string, MintedRow>()
  return {
    find: (key) => rows.get(key) ?? null,
    lease(key, holder, at, until) {
      const row = rows.get(key) ?? NOTHING
      if (row.holder !== null && row.holder !== holder && row.leaseUntil > at) return false
      rows.set(key, { ...row, holder, leaseUntil: until })
      return true
    },
    settle(key, holder, change) {
      const row = rows.get(key)
      if (row === undefined || row.holder !== holder) return false
      rows.set(key, { ...row, ...change, holder: null, leaseUntil: 0 })
      return true
    },
    forget: (prefix) => {
      for (const key of rows.keys()) if (key.startsWith(prefix)) rows.delete(key)
    },
  }
}

const NOTHING: MintedRow = { sealed: null, expiresAt: 0, refreshAt: 0, failedUntil: 0, holder: null, leaseUntil: 0 }
