import { createServer, type IncomingMessage } from 'node:http'
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
  /** Waited for before a handshake is answered. */
  readonly before?: () => Promise<void>
  /** Answers a handshake by hand. True: it is dealt with. */
  readonly byHand?: (request: IncomingMessage, socket: Socket) => boolean
}

export interface SocketUpstream {
  readonly origin: string
  readonly handshakes: readonly IncomingMessage[]
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
  const answer = (request: IncomingMessage): string => JSON.stringify({ url: request.url, headers: request.rawHeaders })
  const server =
    options.tls === undefined
      ? createServer((request, response) => response.end(answer(request)))
      : createTlsServer(options.tls, (request, response) => response.end(answer(request)))
  const raw = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    raw.add(socket)
    socket.on('close', () => raw.delete(socket))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    handshakes.push(request)
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
    open: sockets.clients,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate()
        for (const socket of raw) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
