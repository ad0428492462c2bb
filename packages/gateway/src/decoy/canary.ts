import { createHmac, type KeyObject } from 'node:crypto'
import { createMarks, type NextByte } from '../trap/mark.ts'

/** Canaries: values of decoys that name, to whoever has the key, the visitor to whom they were given. Nothing about them is stored. */
export interface Canaries {
  /** Five hexadecimal digits of a visitor: they stand beside `decoy.served`, and beside `decoy.canary` when a value of his comes back. */
  tagOf(seed: string): string
  /** A value that looks like `like`; null when there is no room for a canary in it. Each `serial` makes another one. */
  write(like: string, tag: string, serial: number, next: NextByte): string | null
  /** The tags of the canaries in this text; of at most `places` stretches of it. */
  tagsIn(text: string, places?: number): readonly string[]
}

/** A mark says 32 bits: 20 of the visitor and 12 that tell his canaries apart, mixed so that no two of them look related. */
const SERIAL_BITS = 12
const SERIALS = 1 << SERIAL_BITS

export function createCanaries(key: KeyObject): Canaries {
  const marks = createMarks(key, 'decoy')
  const round = (number: number, half: number): number =>
    createHmac('sha256', key).update(`decoy round ${number} ${half}`).digest().readUInt16BE()

  /** A permutation of 32 bits (Feistel, four rounds): keyed, and undone with the same key. */
  function mix(value: number, rounds: readonly number[]): number {
    let [left, right] = [value >>> 16, value & 0xffff]
    for (const number of rounds) [left, right] = [right, left ^ round(number, right)]
    return ((right << 16) | left) >>> 0
  }

  return {
    tagOf: (seed) => hex(createHmac('sha256', key).update(`decoy visitor ${seed}`).digest().readUInt32BE() >>> SERIAL_BITS),
    write: (like, tag, serial, next) => marks.write(like, mix(Number.parseInt(tag, 16) * SERIALS + (serial % SERIALS), [0, 1, 2, 3]), next),
    tagsIn: (text, places) => [...new Set(marks.read(text, places).map((said) => hex(mix(said, [3, 2, 1, 0]) >>> SERIAL_BITS)))],
  }
}

function hex(tag: number): string {
  return tag.toString(16).padStart(5, '0')
}
