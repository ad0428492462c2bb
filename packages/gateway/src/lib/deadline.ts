import type { Awaitable } from './awaitable.ts'
import type { Later } from './later.ts'

/**
 * The answer, or a rejection with `late()` once `ms` have passed (a quarter more at most). What is here already is handed back as it is.
 * An answer that comes too late goes to `dispose`, so that what it holds can be let go.
 */
export type Within = <T>(ms: number, answer: Awaitable<T>, late: () => Error, dispose?: (answer: T) => void) => Awaitable<T>

/** One coarse timer for all waits of a length, and none while nobody waits: a timer for each request would cost more than the check. */
export function createDeadlines(later: Later): Within {
  const lanes = new Map<number, Lane>()
  return (ms, answer, late, dispose) => {
    if (!isPromise(answer)) return answer
    let lane = lanes.get(ms)
    if (lane === undefined) {
      lane = createLane(later, ms / PARTS)
      lanes.set(ms, lane)
    }
    return wait(lane, answer, late, dispose)
  }
}

const PARTS = 4

interface Waiting {
  readonly since: number
  readonly giveUp: () => void
}

interface Lane {
  add(giveUp: () => void): Waiting
  remove(waiting: Waiting): void
}

function wait<T>(lane: Lane, answer: Promise<T>, late: () => Error, dispose: ((answer: T) => void) | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false
    const waiting = lane.add(() => {
      over = true
      reject(late())
    })
    const arrived = (value: T): void => {
      if (over) dispose?.(value)
      else resolve(value)
      lane.remove(waiting)
    }
    const failed = (cause: unknown): void => {
      lane.remove(waiting)
      reject(cause instanceof Error ? cause : new Error(String(cause)))
    }
    answer.then(arrived, failed)
  })
}

/** All waits of a lane are of one length, so the oldest, which a Set keeps first, is always the next to give up. */
function createLane(later: Later, stepMs: number): Lane {
  const waits = new Set<Waiting>()
  let step = 0
  let ticking = false

  function tick(): void {
    step += 1
    for (const waiting of waits) {
      if (step - waiting.since <= PARTS) break
      waits.delete(waiting)
      waiting.giveUp()
    }
    ticking = waits.size > 0
    if (ticking) later(tick, stepMs)
  }

  return {
    add(giveUp) {
      const waiting = { since: step, giveUp }
      waits.add(waiting)
      if (!ticking) {
        ticking = true
        later(tick, stepMs)
      }
      return waiting
    },
    remove: (waiting) => void waits.delete(waiting),
  }
}

function isPromise<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}
