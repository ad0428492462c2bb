import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer, BodySink, BodySource } from '../answer.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { Connection } from './connection.ts'
import { answerRaw } from './refuse.ts'

/** Writes an answer: framing is made here, from the body that is really sent. */
export function send(answer: Answer, request: IncomingMessage, response: ServerResponse, connection: Connection, stallMs: number): void {
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
