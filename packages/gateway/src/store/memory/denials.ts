import { counterKey } from '../../decide/counters.ts'
import type { DenialName } from '../../decide/bearer.ts'
import type { Instant } from '../../decide/head.ts'
import { SWEEP_ROWS, type DenialStore } from '../store.ts'

/** DenialStore in one map. */
export function memoryDenials(): DenialStore {
  const denials = new Map<string, { readonly notBefore: Instant; readonly expiresAt: Instant }>()
  const keyOf = ({ issuer, what, value }: DenialName): string => counterKey(what, issuer, value)
  return {
    deny(name, notBefore, expiresAt) {
      const known = denials.get(keyOf(name)) ?? { notBefore: 0, expiresAt: 0 }
      denials.set(keyOf(name), {
        notBefore: Math.max(known.notBefore, notBefore),
        expiresAt: Math.max(known.expiresAt, expiresAt),
      })
    },
    find: (names) => names.map((name) => denials.get(keyOf(name))?.notBefore ?? null),
    sweep(at) {
      const over = [...denials].filter(([, { expiresAt }]) => expiresAt <= at).slice(0, SWEEP_ROWS)
      for (const [key] of over) denials.delete(key)
      return over.length
    },
  }
}
