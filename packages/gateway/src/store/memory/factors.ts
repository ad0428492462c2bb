import type { FactorStore, StoredFactor } from '../store.ts'

/** FactorStore in one map. */
export function memoryFactors(): FactorStore {
  const factors = new Map<string, StoredFactor>()
  const own = (account: string): readonly StoredFactor[] => [...factors.values()].filter((factor) => factor.account === account)
  return {
    insert(factor) {
      if (factors.has(factor.id)) return false
      factors.set(factor.id, factor)
      return true
    },
    find: (id) => factors.get(id) ?? null,
    list: (account) => own(account).toSorted((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1)),
    use(id, was, content, at) {
      const factor = factors.get(id)
      if (factor === undefined || factor.content !== was) return false
      factors.set(id, { ...factor, content, lastUsedAt: at })
      return true
    },
    remove: (account, id) => factors.get(id)?.account === account && factors.delete(id),
    removeUnlessLast(account, id) {
      const factor = factors.get(id)
      if (factor?.account !== account) return false
      const isLast = factor.kind !== 'recovery-codes' && !own(account).some((each) => each.id !== id && each.kind !== 'recovery-codes')
      return !isLast && factors.delete(id)
    },
    removeAll(account) {
      const gone = own(account)
      for (const { id } of gone) factors.delete(id)
      return gone.length
    },
  }
}
