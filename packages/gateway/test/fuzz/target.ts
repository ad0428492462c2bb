import type { Dice } from '../random.ts'

/** One thing that is fuzzed. An input says all, so that a finding can be run again. */
export interface Target {
  readonly name: string
  /** Cases that run at the same time. */
  readonly atOnce: number
  make(dice: Dice): Uint8Array
  /** What is wrong; null when the gateway behaved. Whatever is thrown is wrong, too. */
  run(input: Uint8Array): Promise<string | null>
  /** After a batch: what only shows then. */
  settle?(): Promise<string | null>
}
