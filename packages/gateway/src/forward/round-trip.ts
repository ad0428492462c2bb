import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { BodySink, BodySource, Departure, RequestBody } from '../answer.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { Api } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import type { UpstreamAnswer, VaultVersion } from '../parts.ts'
import type { Breaker } from './breaker.ts'
import { bodyBroken, failureOf, isBrokenConnection, isDown } from './failure.ts'
import { fieldsOf } from './wire.ts'

/** The connections to one upstream, and how many requests are on them or wait for one. */
export interface Lane {
  readonly pool: Dispatcher
  /** The client certificate that is shown on it, when it is the vault's. */
  readonly shown: VaultVersion | null
  inFlight: number
  readonly breaker: Breaker
}

/** Bytes of an answer that are kept before anybody asks for them; more stay in the socket. */
const KEEP_BYTES = 65_536
/** Interim answers (RFC 9110 §15.2) before the one that counts; each would grant the upstream its time anew. */
const MOST_INTERIM = 16

type Settle = { readonly resolve: (answer: UpstreamAnswer) => void; readonly reject: (cause: Error) => void }

/**
 * One request and its answer: undici's handler, the answer and its body in one object, because this is on every request's way.
 * Owns its place in the lane until undici is done with it.
 */
export class RoundTrip implements Dispatcher.DispatchHandler, UpstreamAnswer, BodySource {
  status = 0
  headers: readonly HeaderField[] = []
  length: number | null = null
  upgraded: Duplex | null = null
  readonly shown: VaultVersion | null
  readonly #lane: Lane
  readonly #options: Dispatcher.DispatchOptions
  readonly #api: Api
  readonly #body: RequestBody | null
  #settle: Settle | null = null
  #controller: Dispatcher.DispatchController | null = null
  #queued: NodeJS.Timeout | null = null
  /** A byte of the answer was seen: nothing may be sent again. */
  #begun = false
  #again: boolean
  #sent = 0
  #received = 0
  #interim = 0
  #sink: BodySink | null = null
  #kept: Uint8Array[] = []
  #keptBytes = 0
  /** The sink said stop. */
  #full = false
  #flushing = false
  #ended = false
  #failure: Error | null = null
  /** Nobody listens any more. */
  #over = false

  constructor(lane: Lane, options: Dispatcher.DispatchOptions, body: RequestBody | null, api: Api) {
    this.#lane = lane
    this.shown = lane.shown
    this.#options = options
    this.#body = body
    this.#api = api
    // RFC 9110 §9.2.2: only what changes nothing may be sent twice by a program.
    this.#again = body === null && (options.method === 'GET' || options.method === 'HEAD') && options.idempotent !== false
  }

  get body(): BodySource {
    return this
  }

  /** `waitMs`: how long to wait for a free connection; null when one is free. */
  send(waitMs: number | null, departure: Departure | undefined): Promise<UpstreamAnswer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      if (departure !== undefined) {
        if (departure.gone) {
          this.#lane.breaker.abandoned()
          reject(new GateError('bad_request', 'the visitor was gone before the request was sent'))
          return
        }
        departure.onGone = leaverOf(this)
      }
      if (waitMs !== null) {
        this.#queued = setTimeout(() => {
          this.cancel(new GateError('busy', `${this.#api.name}: no connection became free`, { retryAfterMs: waitMs }))
        }, waitMs)
      }
      this.#lane.inFlight++
      this.#lane.pool.dispatch(this.#options, this)
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#clearQueued()
    if (this.#over) controller.abort(this.#failure ?? new Error('cancelled'))
  }

  onBodySent(chunk: Uint8Array): void {
    this.#sent += chunk.length
    if (this.#sent > this.#api.limits.requestBytes) {
      // A chunked body says its length only by ending: it is cut, so the upstream never sees it whole.
      this.#controller?.abort(new GateError('body_too_large', `${this.#api.name}: more than ${this.#api.limits.requestBytes} bytes`))
    }
  }

  onResponseStarted(): void {
    this.#begun = true
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) {
      this.#interim++
      if (this.#interim > MOST_INTERIM)
        controller.abort(new GateError('upstream_invalid', `${this.#api.name}: interim answers without end`))
      return
    }
    if (status > 599) throw new GateError('upstream_invalid', `${this.#api.name}: status ${status}`)
    this.#lane.breaker.succeeded()
    this.status = status
    this.headers = fieldsOf(headers)
    const { 'content-length': length, 'transfer-encoding': coding } = headers
    // RFC 9112 §6.3: a coding that nobody here undoes; its body would pass for the plain one, past the search for the secret.
    if (coding !== undefined && !(typeof coding === 'string' && coding.toLowerCase() === 'chunked')) {
      controller.abort(new GateError('upstream_invalid', `${this.#api.name}: a transfer coding that was not asked for`))
      return
    }
    if (typeof length === 'string' && status !== 204 && status !== 304) this.length = Number(length)
    const { responseBytes } = this.#api.limits
    if (responseBytes !== null && this.length !== null && this.length > responseBytes && this.#options.method !== 'HEAD') {
      controller.abort(new GateError('answer_too_large', `${this.#api.name}: ${this.length} bytes announced`))
      return
    }
    const settle = this.#settle
    this.#settle = null
    settle?.resolve(this)
  }

  /** undici has let go of the connection. It comes here only after a request that asked for it: any other 101 breaks the connection. */
  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    socket: Duplex,
  ): void {
    this.#leave()
    socket.on('error', () => socket.destroy())
    const settle = this.#settle
    this.#settle = null
    if (this.#over || settle === null) {
      socket.destroy()
      return
    }
    this.#over = true
    this.#lane.breaker.succeeded()
    this.status = status
    this.headers = fieldsOf(headers)
    this.upgraded = socket
    settle.resolve(this)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#over) return
    this.#received += chunk.length
    const { responseBytes } = this.#api.limits
    if (responseBytes !== null && this.#received > responseBytes) {
      controller.abort(new GateError('answer_too_large', `${this.#api.name}: more than ${responseBytes} bytes`))
      return
    }
    if (this.#sink !== null && !this.#full && this.#kept.length === 0) {
      if (!this.#sink.chunk(chunk)) {
        this.#full = true
        controller.pause()
      }
      return
    }
    this.#kept.push(chunk)
    this.#keptBytes += chunk.length
    if (this.#keptBytes >= KEEP_BYTES) controller.pause()
  }

  onResponseEnd(): void {
    this.#leave()
    this.#ended = true
    this.#flush()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, cause: Error): void {
    if (this.#again && !this.#begun && !this.#over && isBrokenConnection(cause)) {
      this.#again = false
      this.#controller = null
      // After undici has put its own state in order.
      queueMicrotask(() => this.#lane.pool.dispatch(this.#options, this))
      return
    }
    this.#leave()
    this.#fail(this.#bodyBroke() && !(cause instanceof GateError) ? bodyBroken(cause) : failureOf(cause, this.status !== 0, this.#api.name))
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
    this.upgraded?.destroy()
    if (this.#over) return
    this.#over = true
    this.#failure = reason
    if (this.status === 0) this.#lane.breaker.abandoned()
    this.#kept = []
    this.#clearQueued()
    const settle = this.#settle
    this.#settle = null
    settle?.reject(reason)
    // Without a controller undici has not begun: it asks in onRequestStart.
    this.#controller?.abort(reason)
  }

  /** Hands on what is kept, then the end, then lets the socket flow again. */
  #flush(): void {
    if (this.#flushing || this.#sink === null) return
    this.#flushing = true
    let handed = 0
    while (!this.#full && !this.#over && handed < this.#kept.length) {
      const chunk = this.#kept[handed++]
      if (chunk !== undefined && !this.#sink.chunk(chunk)) this.#full = true
    }
    this.#flushing = false
    if (handed > 0) {
      this.#kept = this.#kept.slice(handed)
      this.#keptBytes = sizeOf(this.#kept)
    }
    if (this.#full || this.#over || this.#kept.length > 0) return
    if (this.#failure !== null || this.#ended) {
      this.#over = true
      if (this.#failure === null) this.#sink.end()
      else this.#sink.fail(this.#failure)
    } else if (this.#controller?.paused === true) this.#controller.resume()
  }

  #fail(cause: GateError): void {
    if (this.#over) return
    if (this.status === 0) {
      if (isDown(cause.code)) this.#lane.breaker.failed()
      else this.#lane.breaker.abandoned()
    }
    this.#failure = cause
    const settle = this.#settle
    if (settle === null) {
      this.#flush()
      return
    }
    this.#settle = null
    this.#over = true
    settle.reject(cause)
  }

  #leave(): void {
    this.#clearQueued()
    this.#lane.inFlight--
  }

  #clearQueued(): void {
    if (this.#queued === null) return
    clearTimeout(this.#queued)
    this.#queued = null
  }

  /** Did the visitor's side break, rather than the upstream's? Nobody but him ends this stream early. */
  #bodyBroke(): boolean {
    return this.#body !== null && this.#body.stream.readableAborted
  }
}

/** Made apart from the promise's own functions: in one context with them it costs a quarter of a small request's CPU (measured). */
function leaverOf(trip: RoundTrip): () => void {
  return () => trip.cancel(new GateError('bad_request', 'the visitor is gone'))
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  let bytes = 0
  for (const chunk of chunks) bytes += chunk.length
  return bytes
}
