import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Answer } from '../answer.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { FailureCode } from '../errors.ts'
import { problem } from '../http/problem.ts'
import { HSTS } from '../http/security-headers.ts'
import { systemClock } from '../lib/clock.ts'
import { connectionOf } from './connection.ts'

/** RFC 9112 §9.6: a socket that is closed with bytes unread tells the other side of a reset, which can wipe our answer from its memory. */
const LINGER_MS = 1000

/** For requests that never became one: written by hand, then the connection is gone, because nobody knows where the next begins. */
export function refuseRaw(socket: Duplex, code: FailureCode, request: string, allow?: readonly string[]): void {
  answerRaw(socket, problem(code, { request, allow }), true)
}

/** The same behind the answers that are owed: a refusal in their midst would be taken for one of them. */
export function refuseInTurn(socket: Duplex, code: FailureCode, request: string, allow?: readonly string[]): void {
  const connection = connectionOf(socket)
  if (connection.pending === 0) refuseRaw(socket, code, request, allow)
  else {
    connection.closing = true
    connection.whenIdle = () => refuseRaw(socket, code, request, allow)
  }
}

/** The last thing that is said on a connection. `withBody` is false for HEAD. Never after another answer has begun. */
export function answerRaw(socket: Duplex, { status, headers, body }: Answer, withBody: boolean): void {
  connectionOf(socket).closing = true
  // A visitor that goes away meanwhile must not end the process.
  socket.on('error', () => socket.destroy())
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const content = body instanceof Uint8Array ? body : new Uint8Array(0)
  const lines = [
    ...secured(headers, socket),
    ['date', new Date(systemClock()).toUTCString()],
    ['content-length', String(content.length)],
    ['connection', 'close'],
  ].map(([name, value]) => `${name}: ${value}\r\n`)
  const head = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`, 'latin1')
  socket.end(withBody ? Buffer.concat([head, content]) : head)
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(timer))
}

/** RFC 6797 §7.2: on a secure connection always, elsewhere never. The judgement has put it on what it answered itself. */
function secured(headers: readonly HeaderField[], socket: Duplex): readonly HeaderField[] {
  const isThere = headers.some(([name]) => name === HSTS[0])
  return 'encrypted' in socket && !isThere ? [...headers, HSTS] : headers
}
