import type { Duplex } from 'node:stream'
import type { FailureCode } from '../errors.ts'
import { connectionOf } from './connection.ts'
import { refuseInTurn, refuseRaw } from './refuse.ts'

/** Answers bytes that are no request, or one that did not arrive in time. Never in the middle of another answer, never before one that is owed. */
export function refuseBroken(socket: Duplex, cause: NodeJS.ErrnoException, request: string): void {
  const connection = connectionOf(socket)
  // The parser reports again for everything that still comes.
  if (connection.closing && connection.whenIdle === null && !isTimeout(cause)) return
  const code = codeOf(cause)
  // The peer is gone, or it sent on after `Connection: close` (RFC 9112 §9.6): the answers that are owed end the connection.
  if (code === null || (connection.closing && isTimeout(cause))) {
    if (cause.code !== 'HPE_CLOSED_CONNECTION') socket.destroy()
    connection.closing = true
    return
  }
  connection.closing = true
  const { pending, request: last, response } = connection
  if (pending === 0 || last?.complete === true) refuseInTurn(socket, code, request)
  // The error is in the body of a request that was passed on: closing the socket breaks it off upstream, too.
  else if (pending === 1 && response?.headersSent === false) refuseRaw(socket, code, request)
  else socket.destroy()
}

function isTimeout(cause: NodeJS.ErrnoException): boolean {
  return cause.code === 'ERR_HTTP_REQUEST_TIMEOUT'
}

/** Null when there is nobody or nothing to answer. */
function codeOf({ code = '' }: NodeJS.ErrnoException): FailureCode | null {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout'
    case 'HPE_PAUSED_H2_UPGRADE':
      return 'version_refused'
    case 'HPE_CLOSED_CONNECTION':
      return null
    default:
      return code.startsWith('HPE_') ? 'bad_request' : null
  }
}
