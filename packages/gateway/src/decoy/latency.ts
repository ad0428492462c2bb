import type { Clock } from '../lib/clock.ts'
import type { ForwardPart } from '../parts.ts'

/** How long each API took lately, so that a decoy takes no other time than the truth. */
export interface Latencies {
  /** The same forwarder, listened to. */
  listen(forward: ForwardPart): ForwardPart
  /** One of the last times of this API, in milliseconds, chosen by `fraction` (0…1); null when it was never asked. */
  one(api: string, fraction: number): number | null
}

/** Of each API, so many of the newest. */
const KEPT = 64
/** APIs come and go with the configuration. */
const MOST_APIS = 1_000

export function createLatencies(clock: Clock): Latencies {
  const times = new Map<string, { readonly kept: number[]; next: number }>()

  function note(api: string, ms: number): void {
    let own = times.get(api)
    if (own === undefined) {
      if (times.size >= MOST_APIS) return
      times.set(api, (own = { kept: [], next: 0 }))
    }
    own.kept[own.next] = Math.max(0, ms)
    own.next = (own.next + 1) % KEPT
  }

  return {
    listen: (forward) => ({
      async send(request, body, api, departure) {
        const began = clock()
        const answer = await forward.send(request, body, api, departure)
        note(api.name, clock() - began)
        return answer
      },
    }),
    one(api, fraction) {
      const kept = times.get(api)?.kept ?? []
      return kept[Math.floor(fraction * kept.length)] ?? null
    },
  }
}
