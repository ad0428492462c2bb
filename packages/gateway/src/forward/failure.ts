import { GateError, type FailureCode } from '../errors.ts'

/** Node's and OpenSSL's names for a peer that could not be verified, or does not speak TLS 1.2 (crypto/x509 verify errors, ERR_TLS_*, ERR_SSL_*). */
const UNTRUSTED =
  /^ERR_(?:TLS|SSL)_|CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(?:CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|CRL|^EPROTO$|SIGNATURE|KEY_TOO_SMALL/

const DOWN: ReadonlySet<FailureCode> = new Set(['upstream_unreachable', 'upstream_timeout', 'upstream_untrusted', 'upstream_refused'])

/** The connection was closed by the other side. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** May a request that met this go out once more? Only when the connection broke before any byte of an answer. */
export function isBrokenConnection(cause: unknown): boolean {
  // undici says `bad response` with the same code when bytes came that are no answer.
  return CLOSED.has(codeOf(cause)) && !(cause instanceof Error && cause.message.startsWith('bad '))
}

/** Does this failure say that the upstream, or the way to it, is down? */
export function isDown(code: FailureCode): boolean {
  return DOWN.has(code)
}

/** What undici, the socket or TLS reported, as one of our codes. `begun`: the answer's head was already here. */
export function failureOf(cause: unknown, begun: boolean, where: string): GateError {
  if (cause instanceof GateError) return cause
  const code = codeOf(cause)
  return new GateError(gateCode(code, cause, begun), `${where}: ${code === '' ? 'an unreadable answer' : code}`, { cause })
}

function gateCode(code: string, cause: unknown, begun: boolean): FailureCode {
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'ETIMEDOUT':
      return 'upstream_timeout'
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return 'stopping'
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return 'internal'
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
    case 'UND_ERR_ABORTED':
      return 'bad_request'
    default:
      if (UNTRUSTED.test(code)) return 'upstream_untrusted'
      if (begun) return 'upstream_invalid'
      return isBrokenConnection(cause) || /^E(?!RR_)[A-Z]/.test(code) ? 'upstream_unreachable' : 'upstream_invalid'
  }
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return ''
  return typeof cause.code === 'string' ? cause.code : ''
}

/** The visitor's own body ended before its end. */
export function bodyBroken(cause: Error): GateError {
  return new GateError('bad_request', 'the request body broke off', { cause })
}
