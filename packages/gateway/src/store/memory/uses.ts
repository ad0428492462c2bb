import { SWEEP_ROWS } from '../store.ts'
import type { CredentialUse, UseStore } from '../use-store.ts'

/** UseStore in a map. */
export function memoryUses(): UseStore {
  const rows = new Map<string, CredentialUse>()
  const put = (use: CredentialUse): void => {
    const key = JSON.stringify([use.credential, use.day, use.route, use.who])
    const was = rows.get(key)
    rows.set(key, was === undefined ? use : { ...use, count: was.count + use.count, lastAt: Math.max(was.lastAt, use.lastAt) })
  }
  const drop = (gone: readonly (readonly [string, CredentialUse])[]): void => {
    for (const [key] of gone) rows.delete(key)
  }
  return {
    add: (uses) => uses.forEach(put),
    top(credential, sinceDay, limit) {
      const sums = new Map<string, CredentialUse>()
      for (const use of rows.values()) {
        if (use.credential !== credential || use.day < sinceDay) continue
        const key = JSON.stringify([use.route, use.who])
        const was = sums.get(key) ?? { ...use, count: 0 }
        sums.set(key, { ...was, count: was.count + use.count, day: Math.max(was.day, use.day), lastAt: Math.max(was.lastAt, use.lastAt) })
      }
      const order = (one: CredentialUse, other: CredentialUse): number =>
        other.count - one.count || (one.route + one.who < other.route + other.who ? -1 : 1)
      return [...sums.values()].toSorted(order).slice(0, limit)
    },
    forget(who) {
      const own = [...rows].filter(([, use]) => use.who === who)
      drop(own)
      for (const [, use] of own) put({ ...use, who: '' })
      return own.length
    },
    sweep(beforeDay) {
      const old = [...rows].filter(([, { day }]) => day < beforeDay).slice(0, SWEEP_ROWS)
      drop(old)
      return old.length
    },
  }
}
