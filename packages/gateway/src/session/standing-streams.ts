import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { CutReason } from '../parts.ts'

type Cut = (because: CutReason) => void

/** Streams that hang on something that can end elsewhere: a program's key, a credential that opened the way to the API. */
export interface StandingStreams {
  /** Call the answer when the stream is over. */
  watch(name: string, cut: Cut): () => void
  /** Asks for all that streams hang on; those on what is over are cut, and all when that cannot be learned twice in a row. */
  look(at: Instant): Promise<void>
  readonly count: number
}

/** Looks in a row that may fail, or be unanswered, before nobody knows how it stands. */
const MOST_FAILURES = 2

/** `over`: why what has this name is over; null while it is good. */
export function createStandingStreams(over: (name: string, at: Instant) => Awaitable<CutReason | null>): StandingStreams {
  const live = new Map<string, Set<Cut>>()
  let failures = 0

  function cutAll(name: string, because: CutReason): void {
    const cuts = live.get(name) ?? []
    live.delete(name)
    for (const cut of cuts) cut(because)
  }

  return {
    watch(name, cut) {
      const own = live.get(name) ?? new Set()
      live.set(name, own.add(cut))
      return () => {
        own.delete(cut)
        if (own.size === 0 && live.get(name) === own) live.delete(name)
      }
    },
    async look(at) {
      // Counted before the answers come: a store that hangs is one that cannot be asked.
      failures += 1
      if (failures > MOST_FAILURES) {
        for (const name of live.keys()) cutAll(name, 'unverifiable')
        failures = 0
        return
      }
      try {
        for (const name of live.keys()) {
          const because = await over(name, at)
          if (because !== null) cutAll(name, because)
        }
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
