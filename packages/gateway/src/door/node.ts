import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Answer, BodySink, BodySource, RequestBody } from '../answer.ts'
import { clientOf } from '../decide/client.ts'
import { canonicalTarget, type RequestHead } from '../decide/head.ts'
import { type HeaderField, headersOf, only } from '../decide/headers.ts'
import type { Policy } from '../decide/policy.ts'
import type { FailureCode } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { problem } from '../http/problem.ts'
import type { Clock } from '../lib/clock.ts'

export interface NodeDoorOptions {
  readonly policy: () => Policy
  readonly clock: Clock
  readonly newRequestId: () => string
  /** Bytes of the request target; longer ones get 414. */
  readonly maxTargetBytes: number
  /** Requests under way at once; one more gets 503 `busy`. */
  readonly maxRequests: number
}

/** The way in for node:http and node:https (Express, Connect and Fastify's raw server take it as it is). */
export function nodeDoor(gateway: Gateway, options: NodeDoorOptions): RequestListener {
  let underWay = 0
  return (request, response) => {
    const head = underWay >= options.maxRequests ? 'busy' : readHead(request, options)
    if (typeof head === 'string') {
      send(problem(head, { request: options.newRequestId(), retryAfterMs: head === 'busy' ? 1000 : null }), request, response)
      return
    }
    underWay += 1
    response.once('close', () => {
      underWay -= 1
    })
    const body = bodyOf(request)
    gateway.handle(head, body).then(
      (answer) => send(answer, request, response),
      // handle never rejects; if it does, that is our bug, and nobody gets an answer from it.
      (cause: unknown) => response.destroy(cause instanceof Error ? cause : new Error(String(cause))),
    )
  }
}

/** Reads the head, or says why it cannot be read in one way only. */
export function readHead(request: IncomingMessage, options: NodeDoorOptions): RequestHead | FailureCode {
  const raw = request.url ?? ''
  if (raw.length > options.maxTargetBytes) return 'target_too_long'
  const target = canonicalTarget(raw)
  if (target.kind === 'refused') return 'bad_path'
  const headers = headersOf(pairs(request.rawHeaders))
  // Node takes two Host fields and believes the first (RFC 9112 §3.2 demands 400).
  const host = only(headers, 'host')
  if (host.kind !== 'one' || !/^[a-z0-9.\-_]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i.test(host.value)) return 'bad_request'
  const secure = 'encrypted' in request.socket
  const client = clientOf({ address: request.socket.remoteAddress ?? '', secure }, headers, options.policy().trustedProxies)
  return {
    id: options.newRequestId(),
    at: options.clock(),
    client: client.address,
    scheme: client.scheme,
    host: host.value.toLowerCase(),
    method: request.method ?? '',
    path: target.path,
    query: target.query,
    headers,
  }
}

function pairs(raw: readonly string[]): HeaderField[] {
  const fields: HeaderField[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) fields.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return fields
}

function bodyOf(request: IncomingMessage): RequestBody | null {
  const length = request.headers['content-length']
  if (request.headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return null
  return { stream: request, length: length === undefined ? null : Number(length) }
}

/** Writes an answer: framing is made here, from the body that is really sent. */
function send(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  const headers: HeaderField[] = [...answer.headers]
  const { body } = answer
  // A refused upload is not read to its end: the connection cannot be used again.
  if (answer.status >= 400 && !request.complete) headers.push(['connection', 'close'])
  if (body === null || body instanceof Uint8Array) {
    if (mayHaveLength(answer.status)) headers.push(['content-length', String(body?.length ?? 0)])
    writeHead(response, answer.status, headers)
    response.end(body ?? undefined)
    return
  }
  if (body.length !== null && mayHaveLength(answer.status)) headers.push(['content-length', String(body.length)])
  writeHead(response, answer.status, headers)
  if (request.method === 'HEAD') {
    body.start(NOWHERE)
    response.end()
  } else pour(body, response)
}

/** For HEAD: the upstream sends no body either; starting the source lets its connection be used again. */
const NOWHERE: BodySink = { chunk: () => true, end: () => undefined, fail: () => undefined }

/** RFC 9110 §8.6: no Content-Length in 204 and 304. */
function mayHaveLength(status: number): boolean {
  return status !== 204 && status !== 304
}

function writeHead(response: ServerResponse, status: number, headers: HeaderField[]): void {
  response.sendDate = true
  // Node takes lines as pairs, which keeps each Set-Cookie a line of its own; its types know the flat form only.
  response.writeHead(status, headers.flat())
}

/** Source to socket with back-pressure. A small body that is already here leaves in one write with the head. */
function pour(body: BodySource, response: ServerResponse): void {
  let first: Uint8Array | null = null
  let starting = true
  let finished = false
  const finish = (): void => {
    finished = true
    response.end(first ?? undefined)
    first = null
  }
  response.on('close', () => {
    if (!finished) body.cancel(new Error('the visitor is gone'))
  })
  response.on('drain', () => body.resume())
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
    if (first === null) return response.write(bytes)
    const kept = first
    first = null
    return bytes.length === 0 ? response.write(kept) : response.write(kept) && response.write(bytes)
  }
}
