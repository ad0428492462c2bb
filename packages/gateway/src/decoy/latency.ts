/** How long each API took lately, so that a decoy takes no other time than the truth. */
export interface Latencies {
  /** A round trip to this API took so many milliseconds to the answer's head. */
  arrived(api: string, ms: number): void
  /** One of the last times of this API, in milliseconds, chosen by `fraction` (0…1); null when it was never asked. */
  one(api: string, fraction: number): number | null
}

/** Of each API, so many of the newest. */
const KEPT = 64
/** APIs come and go with the configuration. */
const MOST_APIS = 1_000

export function createLatencies(): Latencies {
  const times = new Map<string, { readonly kept: number[]; next: number }>()

  return {
    arrived(api, ms) {
      let own = times.get(api)
      if (own === undefined) {
        if (times.size >= MOST_APIS) return
        times.set(api, (own = { kept: [], next: 0 }))
      }
      own.kept[own.next] = Math.max(0, ms)
      own.next = (own.next + 1) % KEPT
    },
    one(api, fraction) {
      const kept = times.get(api)?.kept ?? []
      return kept[Math.floor(fraction * kept.length)] ?? null
    },
  }
}
