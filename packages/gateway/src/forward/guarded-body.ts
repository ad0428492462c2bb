import type { BodySink, BodySource } from '../answer.ts'
import { GateError } from '../errors.ts'
import type { LeakStopper } from './leaks.ts'

export interface GuardedBodyOptions {
  readonly source: BodySource
  /** Null when there is nothing to look for. */
  readonly stopper: LeakStopper | null
  /** At a leak: overwrite it and go on, or end the answer. */
  readonly withhold: boolean
  /** Told once, at the first leak. */
  readonly onLeak: () => void
  /** Told once, when nothing more will be searched: the needles may go. */
  readonly onOver: (failure: Error | null) => void
}

const LEAK = new GateError('answer_withheld', 'the answer held a form of the credential')

/** Bytes that wait for a reader, or, when leaks are withheld, for the verdict on the beginning of an answer. */
export const HOLD_BYTES = 65_536

/**
 * An upstream's body on its way through the search. It is read as soon as it is made, so that a small answer is whole before its head
 * goes out; a long one waits at HOLD_BYTES. Owns the source from then on.
 */
export class GuardedBody implements BodySource, BodySink {
  readonly length: number | null
  readonly #options: GuardedBodyOptions
  #sink: BodySink | null = null
  #kept: Uint8Array[] = []
  #keptBytes = 0
  /** The reader said stop. */
  #full = false
  /** We said stop. */
  #paused = false
  #flushing = false
  #ended = false
  #failure: Error | null = null
  /** Nobody reads any more. */
  #over = false
  #wake: (() => void) | null = null

  constructor(options: GuardedBodyOptions, length: number | null) {
    this.#options = options
    this.length = length
    options.source.start(this)
  }

  /** Why the body cannot be sent; null while it can. */
  get failure(): Error | null {
    return this.#failure
  }

  /** The whole body when it is here already, else null. It is not to be started then. */
  takeWhole(): Uint8Array | null {
    if (!this.#ended || this.#failure !== null) return null
    const [first] = this.#kept
    return this.#kept.length === 1 && first !== undefined ? first : Buffer.concat(this.#kept)
  }

  /** HOLD_BYTES or the end were searched, or the body failed. */
  get isSearched(): boolean {
    return this.#ended || this.#failure !== null || this.#keptBytes >= HOLD_BYTES
  }

  /** Resolves when `isSearched`. */
  searched(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#wakeWhenSearched()
    })
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#over || this.#failure !== null) return false
    const { stopper, withhold } = this.#options
    if (stopper === null) return this.#hand(bytes)
    const known = stopper.found
    const passed = stopper.push(bytes)
    if (stopper.found && !known) {
      this.#options.onLeak()
      if (withhold) {
        this.#options.source.cancel(LEAK)
        this.fail(LEAK)
        return false
      }
    }
    return this.#hand(passed)
  }

  end(): void {
    if (this.#over || this.#failure !== null) return
    const { stopper, withhold } = this.#options
    if (stopper !== null) {
      const known = stopper.found
      const rest = stopper.flush()
      if (stopper.found && !known) {
        this.#options.onLeak()
        if (withhold) {
          this.fail(LEAK)
          return
        }
      }
      this.#hand(rest)
    }
    this.#ended = true
    this.#options.onOver(null)
    this.#flush()
    this.#wakeWhenSearched()
  }

  fail(cause: Error): void {
    if (this.#over || this.#failure !== null) return
    this.#failure = cause
    this.#options.onOver(cause)
    this.#flush()
    this.#wakeWhenSearched()
  }

  start(sink: BodySink): void {
    this.#sink = sink
    this.#flush()
  }

  resume(): void {
    this.#full = false
    this.#flush()
  }

  cancel(reason: Error): void {
    if (this.#over) return
    this.#over = true
    this.#kept = []
    this.#keptBytes = 0
    const running = !this.#ended && this.#failure === null
    this.#failure ??= reason
    this.#wakeWhenSearched()
    if (!running) return
    this.#options.source.cancel(reason)
    this.#options.onOver(null)
  }

  #hand(bytes: Uint8Array): boolean {
    if (bytes.length > 0) {
      if (this.#sink !== null && !this.#full && this.#kept.length === 0) {
        this.#full = !this.#sink.chunk(bytes)
      } else {
        this.#kept.push(bytes)
        this.#keptBytes += bytes.length
      }
    }
    this.#paused = this.#full || this.#keptBytes >= HOLD_BYTES
    this.#wakeWhenSearched()
    return !this.#paused
  }

  /** Hands on what is kept, then the end, then lets the source flow again. */
  #flush(): void {
    if (this.#flushing || this.#sink === null || this.#over) return
    this.#flushing = true
    let handed = 0
    while (!this.#full && handed < this.#kept.length) {
      const bytes = this.#kept[handed++]
      if (bytes === undefined) continue
      this.#keptBytes -= bytes.length
      this.#full = !this.#sink.chunk(bytes)
    }
    if (handed > 0) this.#kept = handed === this.#kept.length ? [] : this.#kept.slice(handed)
    this.#flushing = false
    if (this.#over || this.#full || this.#kept.length > 0) return
    if (this.#failure !== null || this.#ended) {
      this.#over = true
      if (this.#failure === null) this.#sink.end()
      else this.#sink.fail(this.#failure)
    } else if (this.#paused) {
      this.#paused = false
      this.#options.source.resume()
    }
  }

  #wakeWhenSearched(): void {
    if (this.#wake === null || !this.isSearched) return
    this.#wake()
    this.#wake = null
  }
}
