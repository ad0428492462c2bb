import { createServer, type IncomingMessage, type RequestListener, STATUS_CODES, type Server as HttpServer } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type FailureCode, GateError } from '../errors.ts'
import { problem } from '../http/problem.ts'

/** Bytes and milliseconds. */
export interface ServerLimits {
  readonly headerBytes: number
  readonly headerFields: number
  /** From the first byte of a request to the end of its head. */
  readonly headMs: number
  /** From the first byte of a request to its last. */
  readonly requestMs: number
  /** A connection without a request is closed after this. */
  readonly keepAliveMs: number
  readonly connections: number
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly limits: ServerLimits
  /** Null for plain HTTP. */
  readonly tls: ServerOptions | null
  readonly newRequestId: () => string
  /** Takes an upgrade over, or answers it; null refuses all. */
  readonly upgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | null
}

/** A listening socket. `close` lets requests in flight finish for `graceMs`, then ends them. */
export interface Listener {
  readonly host: string
  readonly port: number
  readonly server: HttpServer
  close(graceMs: number): Promise<void>
}

/** Opens a listener with every bound set; Node's parser errors are answered like all our refusals. */
export async function listen(door: RequestListener, options: ListenOptions): Promise<Listener> {
  const { limits } = options
  const shared = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(limits.headMs, 5000),
    insecureHTTPParser: false,
    noDelay: true,
  }
  const server = options.tls === null ? createServer(shared, door) : createTlsServer({ ...options.tls, ...shared }, door)
  server.maxHeadersCount = limits.headerFields
  server.maxConnections = limits.connections
  server.on('clientError', (cause: NodeJS.ErrnoException, socket: Duplex) => refuseRaw(socket, codeOf(cause), options.newRequestId()))
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (options.upgrade === null) refuseRaw(socket, 'bad_request', options.newRequestId())
    else options.upgrade(request, socket, head)
  })
  await started(server, options)
  const { port } = server.address() as AddressInfo
  return { host: options.host, port, server, close: (graceMs) => closed(server, graceMs) }
}

function started(server: HttpServer, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new GateError('internal', listenFailure(cause, host, port), { cause })))
    server.listen(port, host, () => resolve())
  })
}

function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number): string {
  switch (cause.code) {
    case 'EADDRINUSE':
      return `${host}:${port} is in use by another program. Stop it, or choose another port with \`listen\`.`
    case 'EACCES':
      return `${host}:${port} needs a privilege that this user lacks. Choose a port above 1023, or grant CAP_NET_BIND_SERVICE.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Correct \`listen\`.`
    default:
      return `cannot listen on ${host}:${port}: ${cause.message}`
  }
}

async function closed(server: HttpServer, graceMs: number): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), graceMs)
  await done
  clearTimeout(timer)
}

function codeOf(cause: NodeJS.ErrnoException): FailureCode {
  switch (cause.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout'
    default:
      return 'bad_request'
  }
}

/** For requests that never became one: written by hand, then the connection is gone, because nobody knows where the next begins. */
export function refuseRaw(socket: Duplex, code: FailureCode, request: string): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, headers, body } = problem(code, { request })
  const content = body instanceof Uint8Array ? body : Buffer.alloc(0)
  const lines = [...headers, ['content-length', String(content.length)], ['connection', 'close']].map(
    ([name, value]) => `${name}: ${value}`,
  )
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`), content]))
}
