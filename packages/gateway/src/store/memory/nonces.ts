import { counterKey } from '../../decide/counters.ts'
import type { Instant } from '../../decide/head.ts'
import { GateError } from '../../errors.ts'
import { SWEEP_ROWS, type NonceStore } from '../store.ts'

/** NonceStore in one map of at most `most` entries. When it is full it refuses: a forgotten nonce could be spent twice. */
export function memoryNonces(most: number): NonceStore {
  const spent = new Map<string, Instant>()
  return {
    spend(purpose, id, expiresAt) {
      const key = counterKey(purpose, id)
      if (spent.has(key)) return false
      if (spent.size >= most) throw new GateError('busy', `the memory store holds ${most} nonces, its bound`)
      spent.set(key, expiresAt)
      return true
    },
    sweep(at) {
      let swept = 0
      for (const [key, expiresAt] of spent) {
        if (swept === SWEEP_ROWS) break
        if (expiresAt <= at && spent.delete(key)) swept++
      }
      return swept
    },
  }
}
