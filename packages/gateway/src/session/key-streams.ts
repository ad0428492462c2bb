import type { Instant } from '../decide/head.ts'
import type { MachineKey } from '../decide/machine-key.ts'
import type { CutReason } from '../parts.ts'
import type { MachineKeyStore } from '../store/store.ts'

type Cut = (because: CutReason) => void

/** Streams that hang on a program's key. */
export interface KeyStreams {
  /** Call the answer when the stream is over. */
  watch(key: MachineKey, cut: Cut): () => void
  /** Asks for the keys of all of them; those that are revoked or over are cut, and all when that cannot be learned twice in a row. */
  look(at: Instant): Promise<void>
  readonly count: number
}

/** Looks in a row that may fail, or be unanswered, before nobody knows whether these keys are good. */
const MOST_FAILURES = 2

export function createKeyStreams(store: Pick<MachineKeyStore, 'find'>): KeyStreams {
  const ofKey = new Map<string, Set<Cut>>()
  let failures = 0

  async function standing(id: string, at: Instant): Promise<CutReason | null> {
    const row = await store.find(id)
    if (row === null || row.revokedAt !== null) return 'ended-by-owner'
    return row.expiresAt !== null && at >= row.expiresAt ? 'absolute' : null
  }

  function cutAll(id: string, because: CutReason): void {
    const cuts = ofKey.get(id) ?? []
    ofKey.delete(id)
    for (const cut of cuts) cut(because)
  }

  return {
    watch(key, cut) {
      const own = ofKey.get(key.id) ?? new Set()
      ofKey.set(key.id, own.add(cut))
      return () => {
        own.delete(cut)
        if (own.size === 0 && ofKey.get(key.id) === own) ofKey.delete(key.id)
      }
    },
    async look(at) {
      // Counted before the answers come: a store that hangs is one that cannot be asked.
      failures += 1
      if (failures > MOST_FAILURES) {
        for (const id of ofKey.keys()) cutAll(id, 'unverifiable')
        failures = 0
        return
      }
      try {
        for (const id of ofKey.keys()) {
          const because = await standing(id, at)
          if (because !== null) cutAll(id, because)
        }
        failures = 0
      } catch {
        // Told by the next look, when it fails, too.
      }
    },
    get count() {
      return ofKey.size
    },
  }
}
