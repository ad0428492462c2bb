import { array, assert, constantFrom, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closeFrame, createFrameReader, type Frame, frameHead, type FrameSender, PROTOCOL_ERROR, TOO_BIG } from './frames.ts'

interface Read {
  readonly fault: number | null
  readonly frames: readonly { readonly frame: Frame; readonly payload: string }[]
  readonly atBorder: boolean
}

function read(bytes: Uint8Array, sender: FrameSender = 'upstream', mostBytes = 1000, cuts: readonly number[] = []): Read {
  const frames: { frame: Frame; payload: string }[] = []
  let payload = ''
  const reader = createFrameReader(sender, mostBytes, (frame, piece, last) => {
    payload += Buffer.from(piece).toString('latin1')
    if (!last) return
    frames.push({ frame, payload })
    payload = ''
  })
  let fault: number | null = null
  let from = 0
  for (const to of [...cuts.toSorted((one, other) => one - other), bytes.length]) {
    fault ??= reader.push(bytes.subarray(from, to))
    from = to
  }
  return { fault, frames, atBorder: reader.atBorder }
}

const frame = (opcode: number, final: boolean, text: string): Buffer =>
  Buffer.concat([frameHead(opcode, final, text.length), Buffer.from(text, 'latin1')])

describe('RFC 6455 §5.2 to §5.5: what is no frame ends the connection', () => {
  const zeros = (count: number): number[] => Array.from({ length: count }, () => 0)
  test.each<[what: string, bytes: readonly number[], sender: FrameSender, fault: number]>([
    ['a reserved bit: compressed, although nobody agreed on it', [0xc1, 0x00], 'upstream', PROTOCOL_ERROR],
    ['the second reserved bit', [0xa1, 0x00], 'upstream', PROTOCOL_ERROR],
    ['the third reserved bit', [0x91, 0x00], 'upstream', PROTOCOL_ERROR],
    ['a reserved data opcode', [0x83, 0x00], 'upstream', PROTOCOL_ERROR],
    ['a reserved control opcode', [0x8b, 0x00], 'upstream', PROTOCOL_ERROR],
    ['a mask from an upstream', [0x81, 0x80, 0, 0, 0, 0], 'upstream', PROTOCOL_ERROR],
    ['no mask from a browser', [0x81, 0x00], 'browser', PROTOCOL_ERROR],
    ['a ping in two parts', [0x09, 0x00], 'upstream', PROTOCOL_ERROR],
    ['a close frame in two parts', [0x08, 0x00], 'upstream', PROTOCOL_ERROR],
    ['a ping of 126 bytes', [0x89, 126, 0, 126], 'upstream', PROTOCOL_ERROR],
    ['a continuation of nothing', [0x80, 0x00], 'upstream', PROTOCOL_ERROR],
    ['a message inside a message', [0x01, 0x00, 0x81, 0x00], 'upstream', PROTOCOL_ERROR],
    ['125 in three bytes', [0x82, 126, 0, 125], 'upstream', PROTOCOL_ERROR],
    ['65,535 in nine bytes', [0x82, 127, ...zeros(6), 0xff, 0xff], 'upstream', PROTOCOL_ERROR],
    ['a length with the highest bit', [0x82, 127, 0x80, ...zeros(7)], 'upstream', PROTOCOL_ERROR],
    ['a length beyond what is a number', [0x82, 127, 0x00, 0x20, ...zeros(6)], 'upstream', PROTOCOL_ERROR],
    ['one byte more than a message may have', [0x82, 126, 0x03, 0xe9], 'upstream', TOO_BIG],
    ['a message of two frames that is too long', [0x02, 1, 0x61, 0x80, 126, 0x03, 0xe8], 'upstream', TOO_BIG],
    ['a huge one, announced', [0x82, 127, 0, 0, 1, ...zeros(5)], 'upstream', TOO_BIG],
  ])('%s', (_what, bytes, sender, fault) => {
    for (const cuts of [[], bytes.map((_, at) => at)]) expect(read(Uint8Array.from(bytes), sender, 1000, cuts).fault).toBe(fault)
  })
})

test('control frames may stand between the parts of a message, and count nothing', () => {
  const bytes = Buffer.concat([frame(1, false, 'one '), frame(9, true, 'ping'), frame(0, true, 'two'), frame(2, true, '')])
  expect(read(bytes, 'upstream', 7)).toEqual({
    fault: null,
    atBorder: true,
    frames: [
      { frame: { opcode: 1, final: false }, payload: 'one ' },
      { frame: { opcode: 9, final: true }, payload: 'ping' },
      { frame: { opcode: 0, final: true }, payload: 'two' },
      { frame: { opcode: 2, final: true }, payload: '' },
    ],
  })
})

test('a frame is the same however its bytes are cut', () => {
  const lengths = array(constantFrom(0, 1, 125, 126, 65_535, 65_536), { minLength: 1, maxLength: 4 })
  assert(
    property(lengths, array(nat(200_000), { maxLength: 12 }), (sizes, cuts) => {
      const bytes = Buffer.concat(sizes.map((size) => frame(2, true, 'x'.repeat(size))))
      const found = read(
        bytes,
        'upstream',
        1_000_000,
        cuts.filter((cut) => cut < bytes.length),
      )
      expect(found.fault).toBeNull()
      expect(found.frames.map(({ payload }) => payload.length)).toEqual(sizes)
      expect(found.atBorder).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('a close frame can be read by the side that it is for', () => {
  expect(read(closeFrame(4001, 'over', 'browser')).frames).toEqual([{ frame: { opcode: 8, final: true }, payload: '\x0f\xa1over' }])
  expect(read(closeFrame(1001, '', 'upstream'), 'browser').frames).toEqual([{ frame: { opcode: 8, final: true }, payload: '\x03\xe9' }])
})

test('a head that has come in part is told apart, so that none of it goes on before all of it is sound', () => {
  const reader = createFrameReader('browser', 1000, () => undefined)
  const open: number[] = []
  // A masked text frame of 300 bytes, then the first byte of the next one.
  const head = [0x81, 0xfe, 0x01, 0x2c, 1, 2, 3, 4]
  for (const byte of head) {
    reader.push(Uint8Array.of(byte))
    open.push(reader.openHead)
  }
  expect(open).toEqual([1, 2, 3, 4, 5, 6, 7, 0])
  reader.push(new Uint8Array(300))
  expect([reader.openHead, reader.atBorder]).toEqual([0, true])
  reader.push(Uint8Array.of(0x81))
  expect([reader.openHead, reader.atBorder]).toEqual([1, false])
})
