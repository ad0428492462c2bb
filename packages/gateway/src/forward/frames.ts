/** Who sends: a browser's frames are masked, an upstream's are not (RFC 6455 §5.1). */
export type FrameSender = 'browser' | 'upstream'

export interface Frame {
  /** The last of its message. */
  readonly final: boolean
  /** 0 goes on with a message, 1 is text, 2 binary, 8 close, 9 ping, 10 pong (RFC 6455 §5.2). */
  readonly opcode: number
}

/** Close codes of RFC 6455 §7.4.1: what makes a connection unusable. */
export type FrameFault = typeof PROTOCOL_ERROR | typeof TOO_BIG
export const PROTOCOL_ERROR = 1002
export const TOO_BIG = 1009

export interface FrameReader {
  /** Takes what came. A fault is final: nothing of these bytes may go on. */
  push(bytes: Uint8Array): FrameFault | null
  /** Is the next byte the first of a frame? */
  readonly atBorder: boolean
  /** Bytes at the end of what came that are the beginning of a head: nobody knows yet whether it is sound. */
  readonly openHead: number
}

/** Pieces of a payload as they come, still masked; `last` ends the frame. Called at least once for each frame. */
export type FrameSink = (frame: Frame, payload: Uint8Array, last: boolean) => void

const LONGEST_HEAD = 14
const MOST_CONTROL_BYTES = 125
const NOTHING = new Uint8Array(0)

/** Finds the frames in a stream of bytes, and refuses what RFC 6455 §5 does not allow or what makes a message longer than `mostBytes`. */
export function createFrameReader(sender: FrameSender, mostBytes: number, sink: FrameSink): FrameReader {
  const head = new Uint8Array(LONGEST_HEAD)
  let headBytes = 0
  let frame: Frame | null = null
  /** Of the payload that is still to come. */
  let left = 0
  let inMessage = false
  let messageBytes = 0

  function begin(): FrameFault | null {
    const [first = 0, second = 0] = head
    const opcode = first & 15
    const final = first >= 0x80
    const short = second & 0x7f
    // Reserved bits belong to extensions, and none was agreed on.
    if ((first & 0x70) !== 0 || second >= 0x80 !== (sender === 'browser')) return PROTOCOL_ERROR
    const length = lengthOf(head, short)
    if (length === null) return PROTOCOL_ERROR
    if (opcode >= 8) {
      if (opcode > 10 || !final || length > MOST_CONTROL_BYTES) return PROTOCOL_ERROR
    } else {
      // A message goes on with 0 and begins with 1 or 2; two of them do not mix (§5.4).
      if (opcode > 2 || (opcode === 0) !== inMessage) return PROTOCOL_ERROR
      if (opcode !== 0) messageBytes = 0
      messageBytes += length
      if (messageBytes > mostBytes) return TOO_BIG
      inMessage = !final
    }
    frame = { final, opcode }
    left = length
    headBytes = 0
    return null
  }

  return {
    get atBorder() {
      return frame === null && headBytes === 0
    },
    get openHead() {
      return frame === null ? headBytes : 0
    },
    push(bytes) {
      let at = 0
      while (at < bytes.length) {
        if (frame === null) {
          head[headBytes++] = bytes[at++] ?? 0
          if (headBytes < 2 || headBytes < headLength(head[1] ?? 0)) continue
          const fault = begin()
          if (fault !== null) return fault
          if (left > 0) continue
        }
        const piece = left === 0 ? NOTHING : bytes.subarray(at, at + left)
        at += piece.length
        left -= piece.length
        const current: Frame | null = frame
        if (left === 0) frame = null
        if (current !== null) sink(current, piece, left === 0)
      }
      return null
    },
  }
}

/** The head of a frame without a mask. */
export function frameHead(opcode: number, final: boolean, length: number): Uint8Array {
  const first = opcode | (final ? 0x80 : 0)
  if (length <= MOST_CONTROL_BYTES) return Uint8Array.of(first, length)
  if (length <= 0xffff) return Uint8Array.of(first, 126, length >> 8, length & 255)
  const head = Buffer.alloc(10)
  head[0] = first
  head[1] = 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}

/** A whole close frame. Masked for an upstream: with zeros, because what it holds is ours and no script chose it (§10.3). */
export function closeFrame(code: number, reason: string, receiver: FrameSender): Uint8Array {
  const text = Buffer.from(reason, 'latin1')
  const head = receiver === 'browser' ? Uint8Array.of(0x88, 2 + text.length) : Uint8Array.of(0x88, 0x80 | (2 + text.length), 0, 0, 0, 0)
  return Buffer.concat([head, Uint8Array.of(code >> 8, code & 255), text])
}

function headLength(second: number): number {
  const short = second & 0x7f
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second >= 0x80 ? 4 : 0)
}

/** §5.2: the shortest of three spellings. Null for a longer one than needed, or one beyond what a number holds exactly. */
function lengthOf(head: Uint8Array, short: number): number | null {
  if (short < 126) return short
  const view = new DataView(head.buffer, head.byteOffset)
  if (short === 126) {
    const length = view.getUint16(2)
    return length < 126 ? null : length
  }
  const length = view.getBigUint64(2)
  return length <= 0xffffn || length > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(length)
}
