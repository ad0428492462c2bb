import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Outcome } from './outcome.ts'
import type { Terminal } from './terminal.ts'

/** What a command works with. */
export interface World {
  readonly terminal: Terminal
  readonly clock: Clock
  readonly random: Random
}

/** Turns a command's work into a commander action: the outcome is shown and becomes the exit code. */
export type Does = <A extends unknown[]>(work: (world: World, ...args: A) => Promise<Outcome>) => (...args: A) => Promise<void>
