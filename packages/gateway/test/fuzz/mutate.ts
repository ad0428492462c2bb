import type { Dice } from '../random.ts'

/** Bytes that parsers trip over: line ends, NUL, signs with a meaning, the ends of ranges. */
const BYTES = [0, 9, 10, 13, 32, 34, 37, 39, 44, 46, 47, 58, 59, 61, 63, 64, 92, 95, 123, 127, 128, 160, 194, 255]

/** Changes bytes in one to six ways. `pieces` are inserted whole: the words of the format. The result is at most `most` bytes long. */
export function mutate(seed: Uint8Array, dice: Dice, pieces: readonly string[], most = 65_536): Buffer {
  let bytes: Buffer = Buffer.from(seed)
  for (let change = 1 + dice.next(6); change > 0; change -= 1) bytes = once(bytes, dice, pieces)
  return bytes.subarray(0, most)
}

function once(bytes: Buffer, dice: Dice, pieces: readonly string[]): Buffer {
  const at = dice.next(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + dice.next(dice.once(4) ? 200 : 8))
  switch (dice.next(9)) {
    case 0:
      return spliced(bytes, at, to, Buffer.alloc(0))
    case 1:
      return spliced(bytes, at, at, bytes.subarray(at, to))
    case 2:
      return spliced(bytes, at, at, Buffer.from([dice.pick(BYTES)]))
    case 3:
      return spliced(bytes, at, at + 1, Buffer.from([dice.next(256)]))
    case 4:
      return spliced(bytes, at, at + 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << dice.next(8))]))
    case 5:
      return bytes.subarray(0, at)
    case 6:
      return spliced(bytes, at, at, Buffer.alloc(1 + dice.next(dice.once(20) ? 20_000 : 40), dice.pick(BYTES)))
    case 7:
      return repeatedLine(bytes, dice)
    default:
      return spliced(bytes, at, dice.once(2) ? at : to, Buffer.from(dice.pick(pieces), 'latin1'))
  }
}

function spliced(bytes: Buffer, from: number, to: number, middle: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)])
}

/** A line once more, somewhere else: two of what there should be one of. */
function repeatedLine(bytes: Buffer, dice: Dice): Buffer {
  const lines = bytes.toString('latin1').split('\n')
  lines.splice(dice.next(lines.length + 1), 0, dice.pick(lines))
  return Buffer.from(lines.join('\n'), 'latin1')
}
