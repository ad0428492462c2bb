import { createServer, type IncomingMessage, type RequestListener, type Server as HttpServer } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { GateError } from '../errors.ts'
import { listenFailure } from '../listen-failure.ts'
import { refuseBroken } from './broken-request.ts'
import { connectionOf } from './connection.ts'
import { refuseInTurn } from './refuse.ts'

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
  /** Where the address stands in cloakroom.yaml. */
  readonly key: string
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
  /** Other bounds from now on; those of the header stay, which Node takes at the start only. */
  limit(limits: ServerLimits): void
  close(graceMs: number): Promise<void>
}

/** As nginx has it: memory that a connection gathers is given back now and then. */
export const REQUESTS_PER_CONNECTION = 1000

/** Opens a listener with every bound set; Node's parser errors are answered like all our refusals. */
export async function listen(door: RequestListener, options: ListenOptions): Promise<Listener> {
  const { limits } = options
  const shared = {
    maxHeaderSize: limits.headerBytes,
    connectionsCheckingInterval: Math.min(limits.headMs, 5000),
    insecureHTTPParser: false,
    // The door judges Host, and answers like everywhere else.
    requireHostHeader: false,
    noDelay: true,
    // A request without a body has no stream to be run to its end: three turns of the queue less for most requests.
    optimizeEmptyRequests: true,
  }
  const server = options.tls === null ? createServer(shared, door) : createTlsServer({ ...options.tls, ...shared }, door)
  // Node drops the fields above it without a word, Transfer-Encoding among them; one more than the door admits, so that it sees there are too many.
  server.maxHeadersCount = limits.headerFields + 1
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION
  limit(server, limits)
  // Without these two, Node says 100 Continue and 417 before anybody has judged.
  server.on('checkContinue', door)
  server.on('checkExpectation', door)
  server.on('clientError', (cause: NodeJS.ErrnoException, socket: Duplex) => refuseBroken(socket, cause, options.newRequestId()))
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    takeErrors(socket)
    refuseInTurn(socket, 'method_refused', options.newRequestId(), ['GET', 'HEAD', 'POST', 'OPTIONS'])
  })
  let closing = false
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    takeErrors(socket)
    if (closing) {
      refuseInTurn(socket, 'stopping', options.newRequestId())
      return
    }
    // Behind a request that is not answered yet, a tunnel would begin in the midst of that answer.
    if (options.upgrade === null || connectionOf(socket).pending > 0) refuseInTurn(socket, 'bad_request', options.newRequestId())
    else options.upgrade(request, socket, head)
  })
  // Node's own list leaves out upgraded sockets, and those would hold up the end for ever.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await started(server, options)
  const { port } = server.address() as AddressInfo
  return {
    host: options.host,
    port,
    server,
    limit: (next) => limit(server, next),
    close(graceMs) {
      closing = true
      return closed(server, sockets, graceMs)
    },
  }
}

/** Node lets go of a socket that asks for another protocol. Until somebody has it, a visitor who goes away must not end the process. */
function takeErrors(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
}

function limit(server: HttpServer, { headMs, requestMs, keepAliveMs, connections }: ServerLimits): void {
  server.headersTimeout = headMs
  server.requestTimeout = requestMs
  server.keepAliveTimeout = keepAliveMs
  server.maxConnections = connections
}

function started(server: HttpServer, { host, port, key }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new GateError('internal', listenFailure(cause, host, port, key), { cause })),
    )
    server.listen(port, host, () => resolve())
  })
}

async function closed(server: HttpServer, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, graceMs)
  await done
  clearTimeout(timer)
}
