import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/**
 * An upstream that speaks WebSocket, by a library that is not ours. `onSocket` gets each connection and the handshake that opened it; without it, all
 * that comes is echoed. Anything else over HTTP gets 200 and its own head as JSON.
 */
export interface SocketUpstreamOptions {
  readonly onSocket?: (socket: WebSocket, request: IncomingMessage) => void
  readonly protocols?: readonly string[]
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Answers ordinary requests. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void
  /** Waited for before a handshake is answered. */
  readonly before?: () => Promise<void>
  /** Answers a handshake by hand. True: it is dealt with. */
  readonly byHand?: (request: IncomingMessage, socket: Socket) => boolean
}

export interface SocketUpstream {
  readonly origin: string
  readonly handshakes: readonly IncomingMessage[]
  /** Method and target of every request and handshake, in order. */
  readonly seen: readonly string[]
  readonly open: ReadonlySet<WebSocket>
  readonly close: () => Promise<void>
}

export async function startSocketUpstream(options: SocketUpstreamOptions = {}): Promise<SocketUpstream> {
  const handshakes: IncomingMessage[] = []
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    handleProtocols: (offered) => options.protocols?.find((name) => offered.has(name)) ?? false,
  })
  const seen: string[] = []
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(`${request.method} ${request.url}`)
    if (options.onRequest !== undefined) options.onRequest(request, response)
    else response.end(JSON.stringify({ url: request.url, headers: request.rawHeaders }))
  }
  const server = options.tls === undefined ? createServer(onRequest) : createTlsServer(options.tls, onRequest)
  const raw = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    raw.add(socket)
    socket.on('close', () => raw.delete(socket))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    handshakes.push(request)
    seen.push(`WS ${request.url}`)
    socket.on('error', () => socket.destroy())
    if (options.byHand?.(request, socket) === true) return
    const open = (): void =>
      sockets.handleUpgrade(request, socket, head, (opened) => {
        opened.on('error', () => undefined)
        if (options.onSocket !== undefined) options.onSocket(opened, request)
        else opened.on('message', (message, binary) => opened.send(message, { binary }))
      })
    if (options.before === undefined) open()
    else void options.before().then(open)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    handshakes,
    seen,
    open: sockets.clients,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate()
        for (const socket of raw) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
