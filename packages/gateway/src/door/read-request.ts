import type { IncomingMessage } from 'node:http'
import { clientOf, isTrusted } from '../decide/client.ts'
import { type Framing, readFraming } from '../decide/framing.ts'
import { canonicalTarget, type RequestHead } from '../decide/head.ts'
import { headersFrom } from '../decide/headers.ts'
import type { Policy } from '../decide/policy.ts'
import { takesEncodedSlash } from '../decide/route.ts'
import { readTargetForm } from '../decide/target-form.ts'
import { readTrace } from '../decide/trace.ts'
import type { FailureCode } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { type Connection, connectionOf, peerOf } from './connection.ts'

export interface HeadOptions {
  readonly policy: () => Policy
  readonly clock: Clock
  readonly newRequestId: () => string
  /** Bytes of the request target; longer ones get 414. */
  readonly maxTargetBytes: number
  /** Header fields of a request; more get 431. 100 when left out, as nginx and Apache have it. */
  readonly maxFields?: number
}

const MAX_FIELDS = 100

/** Reads the head, or says why it cannot be read in one way only. */
export function readHead(request: IncomingMessage, options: HeadOptions): RequestHead | FailureCode {
  const read = readRequest(request, connectionOf(request.socket), options)
  return typeof read === 'string' ? read : read.head
}

export interface ReadRequest {
  readonly head: RequestHead
  readonly framing: Framing
}

export function readRequest(request: IncomingMessage, connection: Connection, options: HeadOptions): ReadRequest | FailureCode {
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
export function isSecure(request: IncomingMessage, connection: Connection, { policy }: HeadOptions): boolean {
  const { publicOrigin, trustedProxies } = policy()
  if (!publicOrigin.startsWith('https:')) return false
  return clientOf(peerOf(request, connection), headersFrom(request.rawHeaders), trustedProxies).scheme === 'https'
}

/** No route begins with anything but a slash: this path leads nowhere. */
const ASTERISK = { kind: 'target', path: '*', query: '' } as const
