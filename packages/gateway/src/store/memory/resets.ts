import type { AccountId } from '../../decide/session.ts'
import type { ResetRow, ResetStore } from '../reset-store.ts'
import { SWEEP_ROWS } from '../store.ts'

/** ResetStore in one map. */
export function memoryResets(): ResetStore {
  const rows = new Map<AccountId, ResetRow>()
  const find = (hash: string): ResetRow | null => [...rows.values()].find((row) => row.hash === hash) ?? null
  return {
    put: (row) => void rows.set(row.account, row),
    find,
    take(hash) {
      const row = find(hash)
      if (row !== null) rows.delete(row.account)
      return row
    },
    sweep(at) {
      const ended = [...rows.values()].filter(({ expiresAt }) => expiresAt <= at).slice(0, SWEEP_ROWS)
      for (const { account } of ended) rows.delete(account)
      return ended.length
    },
  }
}
