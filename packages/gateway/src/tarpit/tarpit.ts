import type { Answer, BodySink, BodySource } from '../answer.ts'
import type { Later } from '../lib/later.ts'

/** Sends a refusal so slowly that whoever waits for it waits for long. */
export interface Tarpit {
  /** The same refusal, a blank at a time for `ms`, then its text. Null when as many are held as may be: then it is sent at once. */
  slow(refusal: Answer, ms: number): Answer | null
  readonly held: number
}

/** Sockets that may be held at once: they are ours as well, and a tarpit without a bound would be an attack on ourselves. */
const MOST_HELD = 100
/** Often enough that no client and no proxy takes the connection for dead. */
const DRIP_MS = 2_000
/** White space before a JSON text means nothing (RFC 8259 §2). */
const BLANK = Buffer.from(' ')

export function createTarpit(later: Later, mostHeld = MOST_HELD): Tarpit {
  let held = 0
  return {
    slow(refusal, ms) {
      const { body } = refusal
      if (held >= mostHeld || !(body instanceof Uint8Array)) return null
      held += 1
      return { ...refusal, body: drip(body, ms, later, () => (held -= 1)) }
    },
    get held() {
      return held
    },
  }
}

function drip(text: Uint8Array, ms: number, later: Later, over: () => void): BodySource {
  let left = Math.ceil(ms / DRIP_MS)
  let sink: BodySink | null = null
  let callOff: (() => void) | null = null
  let isOver = false

  function finish(): void {
    if (isOver) return
    isOver = true
    callOff?.()
    over()
  }

  function next(): void {
    callOff = later(() => {
      if (isOver || sink === null) return
      if (left > 0) {
        left -= 1
        // A reader that does not read is held as well; there is nothing to wait for.
        sink.chunk(BLANK)
        return next()
      }
      const reader = sink
      finish()
      reader.chunk(text)
      reader.end()
    }, DRIP_MS)
  }

  return {
    length: null,
    start(into) {
      sink = into
      next()
    },
    resume() {},
    cancel: finish,
  }
}
