import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { readMessage, type MessageReader } from './upstream-reader.ts'

/**
 * An upstream for tests: a real server on 127.0.0.1 that records every request byte for byte and answers as it is told.
 *
 *   const upstream = await startUpstream()                                      // echoes: 200, JSON of what it got
 *   const upstream = await startUpstream({ demand: { header: 'authorization', value: 'Bearer k' } })  // 401 without it
 *   const upstream = await startUpstream({ script: [{ status: 302, headers: [['location', '/x']] }] }) // one per request
 *   const upstream = await startUpstream({ script: (request, index) => ({ body: ['one', gate, 'two'] }) })
 *   upstream.origin          'http://127.0.0.1:PORT' (https: with `tls`; the certificate must name 127.0.0.1)
 *   upstream.requests        what arrived, in order; `header(name)` and `all(name)` fold case, `headers` are as sent
 *   await upstream.until(() => upstream.requests.length === 2)                  // waits for events, never polls
 *   await upstream.close()                                                      // ends all sockets
 *
 * A scripted answer: `status`, `headers`, `body` (text, bytes, or pieces with gates between them), `framing` ('length' by default
 * for one piece, 'chunked' for several, 'close', or 'none' = whatever the fields say), `raw` (verbatim bytes instead of all that),
 * `after` ('keep' the connection, 'close' it, 'reset' it: TCP RST). Instead of an answer: 'hang' (never) or 'reset' (at once).
 * `early` may answer before the body was read, `greeting` is sent before anything was asked. A list's last entry repeats.
 */
export interface UpstreamOptions {
  readonly tls?: { readonly key: string; readonly cert: string; readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' }
  readonly demand?: { readonly header: string; readonly value: string } | { readonly query: string; readonly value: string }
  readonly script?: readonly Reaction[] | ((request: UpstreamRequest, index: number) => Reaction)
  readonly early?: (request: UpstreamRequest) => Reaction | null
  readonly greeting?: string
}

export type Reaction = Scripted | 'hang' | 'reset'

export interface Scripted {
  readonly status?: number
  readonly reason?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array | readonly Piece[]
  readonly framing?: 'length' | 'chunked' | 'close' | 'none'
  readonly raw?: string | Uint8Array
  readonly after?: 'keep' | 'close' | 'reset'
}

export type Piece = string | Uint8Array | Gate

/** Holds an answer back until the test opens it. */
export interface Gate {
  readonly passed: Promise<void>
  open(): void
}

export interface UpstreamRequest {
  readonly method: string
  /** As on the wire: path and query. */
  readonly target: string
  /** Names and values as on the wire, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The head's bytes, from the request line to the empty line. */
  readonly head: Buffer
  /** Without the transfer coding. */
  readonly body: Buffer
  /** 0 for the first connection, 1 for the second … */
  readonly connection: number
  /** The only value of a field; null when it is absent; throws when it came more than once. */
  header(name: string): string | null
  all(name: string): readonly string[]
}

export interface Upstream {
  readonly origin: string
  readonly port: number
  readonly requests: readonly UpstreamRequest[]
  /** Connections ever made, and those still open. */
  readonly connections: number
  readonly openConnections: number
  /** Body bytes received, those of unfinished requests included. */
  readonly bodyBytes: number
  /** Resolves as soon as the condition holds; asked again after every event on a socket. */
  readonly until: (condition: () => boolean) => Promise<void>
  readonly close: () => Promise<void>
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, open: resolve }
}

export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const requests: UpstreamRequest[] = []
  const sockets = new Set<Socket>()
  const waiting = new Set<() => void>()
  const counts = { connections: 0, bodyBytes: 0 }
  const changed = (): void => {
    for (const check of waiting) check()
  }
  const onConnection = (socket: Socket): void => {
    sockets.add(socket)
    const connection = counts.connections++
    if (options.greeting !== undefined) socket.write(options.greeting)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      changed()
    })
    void serve(socket, connection, options, {
      take: (request) => requests.push(request) - 1,
      bytes: (count) => {
        counts.bodyBytes += count
      },
      changed,
    })
    changed()
  }
  const server: Server = options.tls === undefined ? createServer(onConnection) : createTlsServer(tlsOptions(options.tls), onConnection)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return counts.connections
    },
    get openConnections() {
      return sockets.size
    },
    get bodyBytes() {
      return counts.bodyBytes
    },
    until(condition) {
      if (condition()) return Promise.resolve()
      return new Promise((resolve) => {
        const check = (): void => {
          if (!condition()) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
      })
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function tlsOptions(tls: NonNullable<UpstreamOptions['tls']>): object {
  if (tls.maxVersion === undefined) return tls
  // OpenSSL offers versions before 1.2 at security level 0 only.
  return { ...tls, minVersion: tls.maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }
}

interface Recorder {
  take(request: UpstreamRequest): number
  bytes(count: number): void
  changed(): void
}

/** One connection: read a request, answer it, again. */
async function serve(socket: Socket, connection: number, options: UpstreamOptions, recorder: Recorder): Promise<void> {
  const reader: MessageReader = readMessage(socket, (count) => {
    recorder.bytes(count)
    recorder.changed()
  })
  for (;;) {
    const head = await reader.head()
    if (head === null) return
    const early = options.early?.(requestOf(head, Buffer.alloc(0), connection)) ?? null
    if (early !== null) {
      await react(early, socket, head.method)
      return
    }
    const body = await reader.body(head)
    if (body === null) return
    const request = requestOf(head, body, connection)
    const index = recorder.take(request)
    recorder.changed()
    const reaction = reactionTo(request, index, options)
    if (!(await react(reaction, socket, request.method))) return
  }
}

function requestOf(
  head: Pick<UpstreamRequest, 'method' | 'target' | 'headers' | 'head'>,
  body: Buffer,
  connection: number,
): UpstreamRequest {
  const all = (name: string): readonly string[] => head.headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value)
  return {
    ...head,
    body,
    connection,
    all,
    header(name) {
      const values = all(name)
      if (values.length > 1) throw new Error(`${name} came ${values.length} times`)
      return values[0] ?? null
    },
  }
}

function reactionTo(request: UpstreamRequest, index: number, { demand, script }: UpstreamOptions): Reaction {
  if (demand !== undefined && !holds(request, demand)) return { status: 401, headers: JSON_FIELD, body: '{"error":"no key"}' }
  if (script === undefined) return echo(request)
  if (typeof script === 'function') return script(request, index)
  return script[Math.min(index, script.length - 1)] ?? echo(request)
}

function holds(request: UpstreamRequest, demand: NonNullable<UpstreamOptions['demand']>): boolean {
  if ('header' in demand) return request.all(demand.header.toLowerCase()).join(', ') === demand.value
  return new URL(request.target, 'http://upstream').searchParams.getAll(demand.query).join(', ') === demand.value
}

const JSON_FIELD = [['content-type', 'application/json']] as const

function echo({ method, target, headers, body }: UpstreamRequest): Scripted {
  return { headers: JSON_FIELD, body: JSON.stringify({ method, target, headers, body: body.toString('latin1') }) }
}

/** True when the connection can take another request. */
async function react(reaction: Reaction, socket: Socket, method: string): Promise<boolean> {
  if (reaction === 'hang') return false
  if (reaction === 'reset') {
    socket.resetAndDestroy()
    return false
  }
  if (reaction.raw === undefined) await write(reaction, socket, method)
  else socket.write(reaction.raw)
  const after = reaction.after ?? (reaction.framing === 'close' ? 'close' : 'keep')
  if (after === 'close') socket.end()
  if (after === 'reset') socket.resetAndDestroy()
  return after === 'keep' && !socket.destroyed
}

async function write(
  { status = 200, reason = 'OK', headers = [], body = '', framing }: Scripted,
  socket: Socket,
  method: string,
): Promise<void> {
  const pieces: readonly Piece[] = typeof body === 'string' || body instanceof Uint8Array ? [body] : body
  const way = framing ?? (pieces.length === 1 ? 'length' : 'chunked')
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  const empty = status === 204 || status === 304
  if (way === 'length' && !empty) lines.push(`content-length: ${pieces.reduce((sum, piece) => sum + lengthOf(piece), 0)}\r\n`)
  if (way === 'chunked' && !empty) lines.push('transfer-encoding: chunked\r\n')
  socket.cork()
  socket.write(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`, 'latin1')
  if (method !== 'HEAD' && !empty) {
    for (const piece of pieces) {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) {
        socket.uncork()
        await piece.passed
        socket.cork()
      } else if (way !== 'chunked') await sent(socket, piece)
      else if (lengthOf(piece) > 0) {
        socket.write(`${lengthOf(piece).toString(16)}\r\n`)
        socket.write(piece)
        await sent(socket, '\r\n')
      }
    }
    if (way === 'chunked' && !socket.destroyed) socket.write('0\r\n\r\n')
  }
  socket.uncork()
}

/** Waits while the reader is slow, so that a test can see back-pressure. */
async function sent(socket: Socket, piece: string | Uint8Array): Promise<void> {
  if (socket.destroyed || socket.write(piece)) return
  socket.uncork()
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
  socket.cork()
}

function lengthOf(piece: Piece): number {
  if (typeof piece === 'string') return Buffer.byteLength(piece)
  return piece instanceof Uint8Array ? piece.length : 0
}
