import type { Hold, HoldStore } from '../holds.ts'

/** HoldStore in a map. */
export function memoryHolds(): HoldStore {
  let held: ReadonlyMap<string, Hold> = new Map()
  return {
    all: () => held,
    add(hold) {
      if (held.has(hold.credential)) return false
      held = new Map([...held, [hold.credential, hold]])
      return true
    },
    remove(credential) {
      const was = held.has(credential)
      held = new Map([...held].filter(([name]) => name !== credential))
      return was
    },
  }
}
