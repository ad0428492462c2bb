import type { Duplex } from 'node:stream'
import type { Tunnel } from '../answer.ts'
import type { CutReason } from '../parts.ts'
import { closeFrame, createFrameReader, frameHead, type FrameReader } from './frames.ts'
import { createFrameSearch } from './frame-search.ts'
import type { Searcher } from './search.ts'

export interface TunnelOptions {
  readonly upstream: Duplex
  /** For what comes down; null when there is nothing to look for. */
  readonly searcher: Searcher | null
  /** Of a message, either way. */
  readonly mostBytes: number
  /** Without a byte either way. */
  readonly idleMs: number
  /** The secret came down; nothing of it was passed on. Called once. */
  readonly onLeak: () => void
  /** The visitor sent a message or a part of one. */
  readonly onActivity: () => void
  /** All is over. Called once. */
  readonly onOver: () => void
}

/** One WebSocket, from the upstream's consent to its end. */
export interface RunningTunnel extends Tunnel {
  cut(because: CutReason): void
}

/** Our own close code (RFC 6455 §7.4.2 leaves 4000–4999 to applications): the session has ended, sign in again. */
export const SESSION_ENDED = 4001
const POLICY_VIOLATION = 1008
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013
/** For the other side to answer a close frame, and for what is written to leave. */
const CLOSE_MS = 2000
const CLOSE = 8
const NOTHING = new Uint8Array(0)

/**
 * Joins a visitor's WebSocket to an upstream's, with back-pressure both ways. What goes up is passed on byte for byte once its frames are
 * known to be sound; what comes down is searched for the secret and framed anew. A fault of either side, or a cut, closes both.
 */
export function createTunnel(options: TunnelOptions): RunningTunnel {
  const { upstream, mostBytes, idleMs } = options
  const search = createFrameSearch(options.searcher)
  let visitor: Duplex | null = null
  let closing = false
  let ending = false
  let over = false
  let control: Uint8Array[] = []
  /** Of the message that is coming down: was a frame of it sent? */
  let begun = false
  let messageOpcode = 0
  /** Of what comes up: the beginning of a head that is not known to be sound, and whether the upstream has got whole frames only. */
  let heldUp: Uint8Array = NOTHING
  let betweenFrames = true

  const upward = createFrameReader('browser', mostBytes, ({ opcode }, _payload, last) => {
    if (opcode < CLOSE) options.onActivity()
    else if (opcode === CLOSE && last) expectEnd()
  })
  const downward: FrameReader = createFrameReader('upstream', mostBytes, ({ opcode, final }, payload, last) => {
    if (closing) return
    if (opcode >= CLOSE) passControl(opcode, payload, last)
    else passMessage(opcode, payload, last, final)
  })

  function passMessage(opcode: number, payload: Uint8Array, last: boolean, final: boolean): void {
    if (opcode !== 0) messageOpcode = opcode
    const ends = last && final
    const out = search.message(payload, ends)
    if (out === null) return leaked()
    if (out.length === 0 && !ends) return
    sendDown(frameHead(begun ? 0 : messageOpcode, ends, out.length), out)
    begun = !ends
  }

  function passControl(opcode: number, payload: Uint8Array, last: boolean): void {
    control.push(payload)
    if (!last) return
    const whole = Buffer.concat(control)
    control = []
    if (!search.admits(whole)) return leaked()
    sendDown(frameHead(opcode, true, whole.length), whole)
    if (opcode === CLOSE) expectEnd()
  }

  function sendDown(head: Uint8Array, payload: Uint8Array): void {
    visitor?.cork()
    visitor?.write(head)
    if (payload.length > 0) visitor?.write(payload)
    visitor?.uncork()
  }

  function leaked(): void {
    options.onLeak()
    close(POLICY_VIOLATION, 'withheld')
  }

  /** Says why, on both sides, and hangs up. */
  function close(code: number, reason: string): void {
    if (closing || over) return
    closing = true
    visitor?.end(closeFrame(code, reason, 'browser'))
    // In the middle of a frame there is no place for another one: then the connection just ends.
    if (betweenFrames) upstream.end(closeFrame(GOING_AWAY, '', 'upstream'))
    else upstream.destroy()
    expectEnd()
  }

  /** Once, however many close frames somebody sends. */
  function expectEnd(): void {
    if (ending) return
    ending = true
    setTimeout(end, CLOSE_MS).unref()
  }

  function end(): void {
    if (over) return
    over = true
    visitor?.destroy()
    upstream.destroy()
    options.onOver()
  }

  function take(reader: FrameReader, bytes: Uint8Array): boolean {
    if (closing || over) return false
    const fault = reader.push(bytes)
    if (fault !== null) close(fault, '')
    return fault === null
  }

  function up(bytes: Uint8Array): void {
    if (!take(upward, bytes)) return
    const whole = heldUp.length === 0 ? bytes : Buffer.concat([heldUp, bytes])
    const sound = whole.length - upward.openHead
    heldUp = whole.slice(sound)
    betweenFrames = upward.atBorder || heldUp.length > 0
    if (sound > 0 && !upstream.write(whole.subarray(0, sound))) visitor?.pause()
  }

  function down(bytes: Uint8Array): void {
    if (take(downward, bytes) && visitor?.writableNeedDrain === true) upstream.pause()
  }

  upstream.on('error', end).on('close', lastWords)
  if ('setTimeout' in upstream && typeof upstream.setTimeout === 'function') {
    // Whatever passes, passes here.
    upstream.setTimeout(idleMs, () => close(GOING_AWAY, 'idle'))
  }

  /** The upstream hung up: what it said before still has to reach the visitor. */
  function lastWords(): void {
    if (over || visitor === null || visitor.writableFinished) return end()
    visitor.end()
    expectEnd()
    visitor.once('finish', end)
  }

  return {
    join(socket, early) {
      visitor = socket
      if (over || socket.destroyed || upstream.destroyed) {
        socket.destroy()
        return end()
      }
      socket.on('error', end).on('close', end)
      socket.on('end', () => {
        upstream.end()
        expectEnd()
      })
      socket.on('drain', () => upstream.resume())
      upstream.on('drain', () => socket.resume())
      upstream.on('end', lastWords)
      upstream.on('data', down)
      socket.on('data', up)
      if (early.length > 0) up(early)
      upstream.resume()
      socket.resume()
    },
    abandon: end,
    cut(because) {
      // Not joined yet: there is nobody to tell.
      if (visitor === null) end()
      else if (because === 'stopping') close(GOING_AWAY, 'restarting')
      else if (because === 'unverifiable' || because === 'credential-withdrawn') close(TRY_AGAIN_LATER, 'try again')
      else close(SESSION_ENDED, 'session ended')
    },
  }
}
