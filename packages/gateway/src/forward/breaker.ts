import type { Clock } from '../lib/clock.ts'

/** Spares an upstream that fails, and its callers the wait: after FAILURES in a row nothing is sent for a while, then one request tries. */
export interface Breaker {
  /** Null: send. Else the milliseconds after which to ask again. A request that may be sent must report how it went. */
  pause(): number | null
  succeeded(): void
  failed(): void
  /** It ended without saying anything of the upstream. */
  abandoned(): void
}

const FAILURES = 5
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

export function createBreaker(clock: Clock): Breaker {
  let failures = 0
  let pauseMs = FIRST_PAUSE_MS
  let until = 0
  let trying = false
  return {
    pause() {
      if (failures < FAILURES) return null
      const left = until - clock()
      // A clock that jumped back must not pause an upstream for the length of the jump.
      if (left > 0 && left <= LONGEST_PAUSE_MS) return left
      if (trying) return FIRST_PAUSE_MS
      trying = true
      return null
    },
    succeeded() {
      failures = 0
      trying = false
      pauseMs = FIRST_PAUSE_MS
    },
    failed() {
      failures += 1
      if (failures < FAILURES) return
      // Those that were under way together fail together: that is one failure more, not a longer pause.
      if (failures > FAILURES && !trying) return
      until = clock() + pauseMs
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
      trying = false
    },
    abandoned() {
      trying = false
    },
  }
}
