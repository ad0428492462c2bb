import type { Instant } from '../decide/head.ts'
import type { Later } from '../lib/later.ts'
import type { CredentialUse, UseStore } from '../store/use-store.ts'

/** Who used which credential, by which route: for whoever asks what depends on it, and whose hands it went through. */
export interface CredentialUses {
  note(credential: string, route: string, who: string, at: Instant): void
  /** Writes what waits. */
  close(): Promise<void>
}

const FLUSH_MS = 5000
/** Of one flush; whoever comes after them counts as one. */
const MOST = 10_000
const DAY_MS = 86_400_000

export function dayOf(at: Instant): number {
  return Math.floor(at / DAY_MS)
}

/** Counted in memory and written in batches: no call waits for it. A store that fails is asked again with the next batch. */
export function createCredentialUses(store: Pick<UseStore, 'add'>, later: Later): CredentialUses {
  let waiting = new Map<string, { -readonly [Key in keyof CredentialUse]: CredentialUse[Key] }>()
  let callOff: (() => void) | null = null

  async function flush(): Promise<void> {
    callOff = null
    const batch = waiting
    if (batch.size === 0) return
    waiting = new Map()
    try {
      await store.add([...batch.values()])
    } catch {
      for (const use of batch.values()) count(use.credential, use.route, use.who, use.lastAt, use.count)
      if (waiting.size > 0) callOff ??= later(() => void flush(), FLUSH_MS)
    }
  }

  function count(credential: string, route: string, who: string, at: Instant, by: number): void {
    const day = dayOf(at)
    const key = `${credential}\n${day}\n${route}\n${who}`
    const held = waiting.get(key)
    if (held !== undefined) {
      held.count += by
      held.lastAt = Math.max(held.lastAt, at)
    } else if (waiting.size < MOST || who === '') waiting.set(key, { credential, route, who, day, count: by, lastAt: at })
    else count(credential, route, '', at, by)
  }

  return {
    note(credential, route, who, at) {
      count(credential, route, who, at, 1)
      callOff ??= later(() => void flush(), FLUSH_MS)
    },
    async close() {
      callOff?.()
      await flush()
      callOff?.()
    },
  }
}
