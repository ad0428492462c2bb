import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Answer, BodySink, BodySource, Departure, RequestBody } from '../answer.ts'
import { clientOf, isTrusted } from '../decide/client.ts'
import { readTrace } from '../decide/trace.ts'
import { type Framing, readFraming } from '../decide/framing.ts'
import { canonicalTarget, type RequestHead } from '../decide/head.ts'
import { type HeaderField, headersFrom } from '../decide/headers.ts'
import type { Policy } from '../decide/policy.ts'
import { takesEncodedSlash } from '../decide/route.ts'
import { readTargetForm } from '../decide/target-form.ts'
import type { FailureCode } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { problem } from '../http/problem.ts'
import { HSTS } from '../http/security-headers.ts'
import type { Clock } from '../lib/clock.ts'
import { answered, type Connection, connectionOf, peerOf } from './connection.ts'
import { answerRaw, refuseRaw } from './refuse.ts'

export interface NodeDoorOptions {
  readonly policy: () => Policy
  readonly clock: Clock
  readonly newRequestId: () => string
  /** Bytes of the request target; longer ones get 414. */
  readonly maxTargetBytes: number
  /** Requests under way at once; one more gets 503 `busy`. */
  readonly maxRequests: number
  /** The gateway is about to end: what still comes on connections that are open gets 503 `stopping`. */
  readonly isStopping?: () => boolean
  /** Header fields of a request; more get 431. 100 when left out, as nginx and Apache have it. */
  readonly maxFields?: number
  /** A visitor that takes no byte of its answer for so long is cut off. 60 s when left out. */
  readonly stallMs?: number
}

const MAX_FIELDS = 100
/** Browsers send none ahead, and whoever does must be ready to ask again (RFC 9112 §9.3.2). */
const MOST_AHEAD = 16
const STALL_MS = 60_000
/** When to come back: a restart takes a few seconds. */
const RETRY_MS: { readonly [code in FailureCode]?: number } = { busy: 1000, stopping: 5000 }

/** The way in for node:http and node:https (Express, Connect and Fastify's raw server take it as it is). Also for `checkContinue` and `checkExpectation`. */
export function nodeDoor(gateway: Gateway, options: NodeDoorOptions): RequestListener {
  const { stallMs = STALL_MS } = options
  let underWay = 0
  return (request, response) => {
    try {
      take(request, response)
    } catch {
      // An exception here would end the process, and every other visitor's request with it. Never before an answer that is owed.
      if (connectionOf(request.socket).pending > 1) request.socket.destroy()
      else refuseRaw(request.socket, 'internal', NO_ID)
    }
  }

  function take(request: IncomingMessage, response: ServerResponse): void {
    const connection = connectionOf(request.socket)
    // Heads that wait for a slow answer are memory: hundreds on each of a few hundred connections would end the process.
    if (connection.pending + connection.ignored > MOST_AHEAD) {
      request.socket.destroy()
      return
    }
    // RFC 9112 §9.6: what follows a refusal that closes was not asked in earnest, and may be the tail of what was refused.
    if (connection.closing) {
      connection.ignored += 1
      return
    }
    connection.pending += 1
    connection.request = request
    connection.response = response
    const read =
      options.isStopping?.() === true ? 'stopping' : underWay >= options.maxRequests ? 'busy' : readRequest(request, connection, options)
    if (typeof read === 'string') {
      connection.closing = true
      response.once('close', () => answered(connection))
      const refusal = problem(read, { request: options.newRequestId(), retryAfterMs: RETRY_MS[read] ?? null })
      const secured = isSecure(request, connection, options) ? { ...refusal, headers: [...refusal.headers, HSTS] } : refusal
      send(secured, request, response, connection, stallMs)
      return
    }
    // RFC 9112 §9.3.2: pipelined requests may run side by side only if they all are safe; and one connection gets one place, not hundreds.
    if (connection.pending > 1) connection.waiting.push(() => begin(read, request, response, connection))
    else begin(read, request, response, connection)
  }

  function begin(read: Read, request: IncomingMessage, response: ServerResponse, connection: Connection): void {
    if (request.socket.destroyed) return
    underWay += 1
    const departure: Departure = { gone: false, onGone: null }
    response.once('close', () => {
      underWay -= 1
      answered(connection)
      departure.gone = true
      departure.onGone?.()
    })
    gateway
      .handle(read.head, bodyOf(read.framing, request, response), departure)
      .then((answer) => send(answer, request, response, connection, stallMs))
      // handle never rejects and answers what can be sent; if not, that is our bug, and nobody gets an answer from it.
      .catch((cause: unknown) => {
        if (response.headersSent) response.destroy(cause instanceof Error ? cause : new Error(String(cause)))
        else send(problem('internal', { request: read.head.id }), request, response, connection, stallMs)
      })
  }
}

/** For a request that failed before it had an identifier. */
const NO_ID = 'none'

export type HeadOptions = Pick<NodeDoorOptions, 'policy' | 'clock' | 'newRequestId' | 'maxTargetBytes' | 'maxFields'>

/** Reads the head, or says why it cannot be read in one way only. */
export function readHead(request: IncomingMessage, options: HeadOptions): RequestHead | FailureCode {
  const read = readRequest(request, connectionOf(request.socket), options)
  return typeof read === 'string' ? read : read.head
}

interface Read {
  readonly head: RequestHead
  readonly framing: Framing
}

function readRequest(request: IncomingMessage, connection: Connection, options: HeadOptions): Read | FailureCode {
  const raw = request.url ?? ''
  const { rawHeaders, method = '' } = request
  if (raw.length > options.maxTargetBytes) return 'target_too_long'
  if (rawHeaders.length > 2 * (options.maxFields ?? MAX_FIELDS)) return 'headers_too_large'
  const headers = headersFrom(rawHeaders)
  const framing = readFraming(headers, method, request.httpVersion)
  if (typeof framing === 'string') return framing
  const { host } = framing
  const peer = peerOf(request, connection)
  const { trustedProxies } = options.policy()
  const client = clientOf(peer, headers, trustedProxies)
  const form = readTargetForm(raw, { method, scheme: client.scheme, host })
  if (form.kind === 'refused') return 'bad_path'
  const target = form.kind === 'asterisk' ? ASTERISK : canonicalTarget(form.target, (path) => takesEncodedSlash(options.policy(), path))
  if (target.kind === 'refused') return 'bad_path'
  return {
    framing,
    head: {
      id: options.newRequestId(),
      at: options.clock(),
      client: client.address,
      scheme: client.scheme,
      host,
      method,
      path: target.path,
      query: target.query,
      headers,
      trace: isTrusted(peer, trustedProxies) ? readTrace(headers) : null,
    },
  }
}

/** Did the visitor come over TLS, to us or to the proxy that we trust? For requests that have no head to say so. */
function isSecure(request: IncomingMessage, connection: Connection, { policy }: NodeDoorOptions): boolean {
  const { publicOrigin, trustedProxies } = policy()
  if (!publicOrigin.startsWith('https:')) return false
  return clientOf(peerOf(request, connection), headersFrom(request.rawHeaders), trustedProxies).scheme === 'https'
}

/** No route begins with anything but a slash: this path leads nowhere. */
const ASTERISK = { kind: 'target', path: '*', query: '' } as const

function bodyOf({ hasBody, length, expects }: Framing, request: IncomingMessage, response: ServerResponse): RequestBody | null {
  if (!hasBody) return null
  if (!expects) return { stream: request, length }
  let asked = false
  return {
    length,
    // RFC 9110 §10.1.1: whoever wants to read it has judged the head, and only then is the sender told to go on.
    get stream() {
      if (!asked && !response.destroyed) response.writeContinue()
      asked = true
      return request
    },
  }
}

/** Writes an answer: framing is made here, from the body that is really sent. */
function send(answer: Answer, request: IncomingMessage, response: ServerResponse, connection: Connection, stallMs: number): void {
  const { body } = answer
  if (response.destroyed) {
    if (body !== null && !(body instanceof Uint8Array)) body.cancel(new Error('the visitor is gone'))
    return
  }
  const lines = linesOf(answer.headers)
  if (answer.status >= 400 && !request.complete) {
    // A refused upload is not read to its end: the connection cannot be used again.
    connection.closing = true
    if (connection.pending === 1 && (body === null || body instanceof Uint8Array)) {
      answerRaw(request.socket, answer, request.method !== 'HEAD')
      return
    }
    lines.push('connection', 'close')
    // With a refusal still to come, the connection has one more thing to say.
  } else if (connection.closing && connection.whenIdle === null && connection.response === response) lines.push('connection', 'close')
  if (body === null || body instanceof Uint8Array) {
    if (mayHaveLength(answer.status)) lines.push('content-length', String(body?.length ?? 0))
    writeHead(response, answer.status, lines)
    end(response, body)
    cutWhenStalled(response, stallMs)
    return
  }
  if (body.length !== null && mayHaveLength(answer.status)) lines.push('content-length', String(body.length))
  writeHead(response, answer.status, lines)
  if (request.method === 'HEAD') {
    body.start(NOWHERE)
    response.end()
  } else pour(body, response, stallMs)
}

/** For HEAD: the upstream sends no body either; starting the source lets its connection be used again. */
const NOWHERE: BodySink = { chunk: () => true, end: () => undefined, fail: () => undefined }

/** RFC 9110 §8.6: no Content-Length in 204 and 304. */
function mayHaveLength(status: number): boolean {
  return status !== 204 && status !== 304
}

/** Names and values in turn: so Node keeps each Set-Cookie a line of its own. */
function linesOf(headers: readonly HeaderField[]): string[] {
  const lines: string[] = []
  for (const field of headers) lines.push(field[0], field[1])
  return lines
}

function writeHead(response: ServerResponse, status: number, lines: string[]): void {
  response.sendDate = true
  response.writeHead(status, lines)
}

/** Head and a small body as one text are one piece to the socket, without a gathering write: a tenth of a small answer's CPU (measured). */
function end(response: ServerResponse, body: Uint8Array | null): void {
  if (body === null || body.length === 0) response.end()
  else if (body.length > SMALL_BYTES) response.end(body)
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1')
}

/** With a head, it fits into the 16 KiB that Node writes without allocating. */
const SMALL_BYTES = 8192

/** Source to socket with back-pressure. A small body that is already here leaves in one write with the head. */
function pour(body: BodySource, response: ServerResponse, stallMs: number): void {
  let first: Uint8Array | null = null
  let starting = true
  let finished = false
  const finish = (): void => {
    finished = true
    end(response, first)
    first = null
    cutWhenStalled(response, stallMs)
  }
  response.on('close', () => {
    if (!finished) body.cancel(new Error('the visitor is gone'))
  })
  response.on('drain', () => {
    response.socket?.setTimeout(0)
    body.resume()
  })
  body.start({
    chunk(bytes) {
      if (starting && first === null) {
        first = bytes
        return true
      }
      return write(bytes)
    },
    end: finish,
    fail(cause) {
      finished = true
      // The answer must not look whole: no last chunk, no clean end.
      response.destroy(cause)
    },
  })
  starting = false
  if (finished) return
  if (first === null) response.flushHeaders()
  else write(new Uint8Array(0))

  function write(bytes: Uint8Array): boolean {
    const kept = first
    first = null
    if (kept !== null) response.write(kept)
    const room = kept !== null && bytes.length === 0 ? !response.writableNeedDrain : response.write(bytes)
    if (!room) cutWhenStalled(response, stallMs)
    return room
  }
}

/** A visitor that does not read holds a connection, here and upstream (slow-read attack). Every byte that it takes starts the time anew. */
function cutWhenStalled(response: ServerResponse, stallMs: number): void {
  if (response.writableLength > 0) response.socket?.setTimeout(stallMs)
}
