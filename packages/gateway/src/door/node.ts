import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Departure, RequestBody } from '../answer.ts'
import type { Framing } from '../decide/framing.ts'
import type { FailureCode } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { problem } from '../http/problem.ts'
import { HSTS } from '../http/security-headers.ts'
import { answered, type Connection, connectionOf } from './connection.ts'
import { type HeadOptions, isSecure, type ReadRequest, readRequest } from './read-request.ts'
import { refuseRaw } from './refuse.ts'
import { send } from './send.ts'

export interface NodeDoorOptions extends HeadOptions {
  /** Requests under way at once; one more gets 503 `busy`. */
  readonly maxRequests: number
  /** The gateway is about to end: what still comes on connections that are open gets 503 `stopping`. */
  readonly isStopping?: () => boolean
  /** A visitor that takes no byte of its answer for so long is cut off. 60 s when left out. */
  readonly stallMs?: number
}

/** Browsers send none ahead, and whoever does must be ready to ask again (RFC 9112 §9.3.2). */
export const MOST_AHEAD = 16
export const STALL_MS = 60_000
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

  function begin(read: ReadRequest, request: IncomingMessage, response: ServerResponse, connection: Connection): void {
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
