import type { Lockdown, LockdownStore } from '../lockdown.ts'

/** LockdownStore in one variable. */
export function memoryLockdown(): LockdownStore {
  let held: Lockdown | null = null
  return {
    read: () => held,
    set(lockdown) {
      if (held !== null) return false
      held = lockdown
      return true
    },
    lift() {
      const was = held !== null
      held = null
      return was
    },
  }
}
