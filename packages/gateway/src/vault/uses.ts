import type { Instant } from '../decide/head.ts'
import type { VaultStore } from '../store/store.ts'

/** Notes that a version was used: at most one write a minute for each, which no call waits for on a remote store. */
export interface Uses {
  note(name: string, version: number, at: Instant, stored: Instant | null): void
}

export function createUses(store: VaultStore): Uses {
  const noted = new Map<string, Instant>()
  return {
    note(name, version, at, stored) {
      const key = `${version} ${name}`
      if (at - Math.max(noted.get(key) ?? -Infinity, stored ?? -Infinity) < EVERY_MS) return
      noted.set(key, at)
      void write(store, name, version, at)
    },
  }
}

const EVERY_MS = 60_000

async function write(store: VaultStore, name: string, version: number, at: Instant): Promise<void> {
  try {
    await store.noteUse(name, version, at)
  } catch {
    // When it was used last is for the eye. That the store is down will be said by whatever needs its answer.
  }
}
