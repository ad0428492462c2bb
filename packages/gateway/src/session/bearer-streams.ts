import { type Bearer, denialNames, isDenied } from '../decide/bearer.ts'
import type { Instant } from '../decide/head.ts'
import type { CutReason } from '../parts.ts'
import type { DenialStore } from '../store/store.ts'

/** Streams that hang on a JWT. */
export interface BearerStreams {
  /** Call the answer when the stream is over. */
  watch(bearer: Bearer, cut: (because: CutReason) => void): () => void
  /** Those whose JWT is over or denied are cut, and all when that cannot be learned twice in a row. */
  look(at: Instant): Promise<void>
  readonly count: number
}

const MOST_FAILURES = 2

export function createBearerStreams(store: Pick<DenialStore, 'find'>): BearerStreams {
  const live = new Map<(because: CutReason) => void, Bearer>()
  let failures = 0

  function end(cut: (because: CutReason) => void, because: CutReason): void {
    if (live.delete(cut)) cut(because)
  }

  return {
    watch(bearer, cut) {
      live.set(cut, bearer)
      return () => void live.delete(cut)
    },
    async look(at) {
      // Counted before the answers come: a store that hangs is one that cannot be asked.
      failures += 1
      for (const [cut, bearer] of live) if (at >= bearer.expiresAt) end(cut, 'absolute')
      if (failures > MOST_FAILURES) {
        failures = 0
        for (const cut of live.keys()) end(cut, 'unverifiable')
        return
      }
      try {
        for (const [cut, bearer] of live) if (isDenied(bearer, await store.find(denialNames(bearer)))) end(cut, 'ended-by-owner')
        failures = 0
      } catch {
        // Told by the next look, when it fails, too.
      }
    },
    get count() {
      return live.size
    },
  }
}
