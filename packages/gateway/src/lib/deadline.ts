import type { Awaitable } from './awaitable.ts'
import type { Later } from './later.ts'

/**
 * The answer, or a rejection with `late()` once `ms` have passed (a quarter more at most). What is here already is handed back as it is.
 * An answer that comes too late goes to `dispose`, so that what it holds can be let go. `accept` sees each answer that is in time, and
 * throws what is wrong with it: so there is one promise for both.
 */
export type Within = <T>(
  ms: number,
  answer: Awaitable<T>,
  late: () => Error,
  dispose?: (answer: T) => void,
  accept?: (answer: T) => T,
) => Awaitable<T>

/** One coarse timer for all waits of a length, and none while nobody waits: a timer for each request would cost more than the check. */
export function createDeadlines(later: Later): Within {
  const lanes = new Map<number, Lane>()
  return (ms, answer, late, dispose, accept) => {
    if (!isPromise(answer)) return accept === undefined ? answer : accept(answer)
    let lane = lanes.get(ms)
    if (lane === undefined) {
      lane = createLane(later, ms / PARTS)
      lanes.set(ms, lane)
    }
    const wait = new Wait(lane, late, dispose, accept)
    return wait.until(answer)
  }
}

const PARTS = 4

interface Waiting {
  since: number
  before: Waiting | null
  after: Waiting | null
  giveUp(): void
}

interface Lane {
  add(waiting: Waiting): void
  remove(waiting: Waiting): void
}

/** One object in place of a closure for each of its ends: this is on every request's way, where they cost twice as much (measured). */
class Wait<T> implements Waiting {
  since = 0
  before: Waiting | null = null
  after: Waiting | null = null
  #over = false
  #resolve: ((answer: T) => void) | null = null
  #reject: ((cause: Error) => void) | null = null
  readonly #lane: Lane
  readonly #late: () => Error
  readonly #dispose: ((answer: T) => void) | undefined
  readonly #accept: ((answer: T) => T) | undefined

  constructor(lane: Lane, late: () => Error, dispose: ((answer: T) => void) | undefined, accept: ((answer: T) => T) | undefined) {
    this.#lane = lane
    this.#late = late
    this.#dispose = dispose
    this.#accept = accept
  }

  until(answer: Promise<T>): Promise<T> {
    const outcome = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#lane.add(this)
    answer.then(
      (value) => this.#arrived(value),
      (cause: unknown) => this.#failed(cause),
    )
    return outcome
  }

  giveUp(): void {
    this.#over = true
    this.#reject?.(this.#late())
  }

  #arrived(value: T): void {
    if (this.#over) {
      this.#dispose?.(value)
      return
    }
    this.#lane.remove(this)
    try {
      this.#resolve?.(this.#accept === undefined ? value : this.#accept(value))
    } catch (cause) {
      this.#reject?.(asError(cause))
    }
  }

  #failed(cause: unknown): void {
    if (this.#over) return
    this.#lane.remove(this)
    this.#reject?.(asError(cause))
  }
}

/** All waits of a lane are of one length, so the oldest, which stands first, is always the next to give up. */
function createLane(later: Later, stepMs: number): Lane {
  let first: Waiting | null = null
  let last: Waiting | null = null
  let step = 0
  let ticking = false

  function remove(waiting: Waiting): void {
    const { before, after } = waiting
    if (before === null) first = after
    else before.after = after
    if (after === null) last = before
    else after.before = before
    waiting.before = waiting.after = null
  }

  function tick(): void {
    step += 1
    while (first !== null && step - first.since > PARTS) {
      const waiting = first
      remove(waiting)
      waiting.giveUp()
    }
    ticking = first !== null
    if (ticking) later(tick, stepMs)
  }

  return {
    add(waiting) {
      waiting.since = step
      waiting.before = last
      if (last === null) first = waiting
      else last.after = waiting
      last = waiting
      if (!ticking) {
        ticking = true
        later(tick, stepMs)
      }
    },
    remove,
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause))
}

function isPromise<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}
