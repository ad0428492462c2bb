import type { Later } from '../../src/lib/later.ts'

/** Time that passes when the test says so. */
export interface ManualLater {
  readonly later: Later
  /** Lets `ms` pass and runs what is due, in order. */
  pass(ms: number): void
  /** What is waiting, in milliseconds from now. */
  waiting(): readonly number[]
}

export function manualLater(): ManualLater {
  let now = 0
  let waiting: { readonly due: number; readonly run: () => void }[] = []
  return {
    later(run, ms) {
      const entry = { due: now + ms, run }
      waiting.push(entry)
      return () => {
        waiting = waiting.filter((other) => other !== entry)
      }
    },
    pass(ms) {
      now += ms
      const due = waiting.filter((entry) => entry.due <= now).sort((a, b) => a.due - b.due)
      waiting = waiting.filter((entry) => entry.due > now)
      for (const entry of due) entry.run()
    },
    waiting: () => waiting.map((entry) => entry.due - now),
  }
}
