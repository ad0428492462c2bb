/** Numbers that look random and come again with the same seed: for tests that must be repeatable. */
export interface Dice {
  readonly seed: number
  /** 0 ≤ n < below */
  next(below: number): number
  pick<T>(choices: readonly T[]): T
  /** True once in `times`. */
  once(times: number): boolean
}

/** mulberry32 (public domain, 32 bits of state). */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const next = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
  return {
    seed,
    next,
    pick<T>(choices: readonly T[]): T {
      return choices[next(choices.length)] as T
    },
    once: (times) => next(times) === 0,
  }
}

/** The seed of the environment, to repeat a run, or a fresh one. */
export function seedOf(environment: Readonly<Record<string, string | undefined>>): number {
  const given = Number(environment['SEED'])
  return Number.isSafeInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 2 ** 31)
}
