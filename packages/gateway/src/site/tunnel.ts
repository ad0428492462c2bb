import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RequestHead } from '../decide/head.ts'
import type { FailureCode } from '../errors.ts'
import { foreignCookies } from './dev-fields.ts'

export interface TunnelOptions {
  /** The dev server, on this machine. */
  readonly origin: string
  /** Answers the browser with a refusal and ends its connection. */
  readonly refuse: (code: FailureCode) => void
  /** The tunnel is closed, or never came to be. Called once. */
  readonly done: () => void
}

const HANDSHAKE_MS = 10_000
/** An editor left open over lunch keeps its hot reload; what nobody uses for longer is a dead browser. */
const IDLE_MS = 7_200_000
/** From the browser to the dev server: hot reload sends a few bytes per change. The other way carries error overlays and is not bounded. */
const MOST_BYTES = 16_777_216
const HANDSHAKE_FIELDS = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
  'user-agent',
] as const
const ANSWER_FIELDS = ['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'] as const

/**
 * Joins a browser's WebSocket to the dev server's. The handshake is written anew: the dev server sees its own origin, no credential and
 * none of our cookies (COO-13); the browser sees only the fields of RFC 6455. Whoever calls has judged the request.
 */
export function tunnelToDevServer(head: RequestHead, socket: Duplex, firstBytes: Buffer, { origin, refuse, done }: TunnelOptions): void {
  const path = head.path + (head.query === '' ? '' : `?${head.query}`)
  const there = request(origin + path, { method: 'GET', headers: handshakeFields(head, origin), agent: false, timeout: HANDSHAKE_MS })
  let settled = false

  const fail = (code: FailureCode): void => {
    if (settled) return
    settled = true
    there.destroy()
    refuse(code)
    done()
  }
  there.on('timeout', () => fail('upstream_timeout'))
  there.on('error', () => fail('upstream_unreachable'))
  there.on('response', (response) => {
    response.resume()
    fail('upstream_invalid')
  })
  there.on('upgrade', (response: IncomingMessage, upstream: Socket, early: Buffer) => {
    if (settled || socket.destroyed || response.headers.upgrade?.toLowerCase() !== 'websocket') {
      upstream.destroy()
      fail('upstream_invalid')
      return
    }
    settled = true
    socket.write(answerHead(response))
    if (early.length > 0) socket.write(early)
    if (firstBytes.length > 0) upstream.write(firstBytes)
    join(socket, upstream, done)
  })
  socket.on('close', () => {
    // The browser went away during the handshake.
    if (!settled) fail('bad_request')
  })
  there.end()
}

function handshakeFields(head: RequestHead, origin: string): Record<string, string> {
  const fields: Record<string, string> = {
    host: new URL(origin).host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    origin: new URL(origin).origin,
  }
  for (const name of HANDSHAKE_FIELDS) {
    const value = head.headers.get(name)
    if (value !== null) fields[name] = value
  }
  const cookies = foreignCookies(head)
  if (cookies !== null) fields['cookie'] = cookies
  return fields
}

function answerHead(response: IncomingMessage): string {
  const lines = ANSWER_FIELDS.flatMap((name) => {
    const value = response.headers[name]
    return typeof value === 'string' ? [`${name}: ${value}`] : []
  })
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** Bytes both ways, with back-pressure, until either side ends or nothing was said for too long. */
function join(socket: Duplex, upstream: Socket, done: () => void): void {
  let received = 0
  let open = true
  const end = (): void => {
    if (!open) return
    open = false
    socket.destroy()
    upstream.destroy()
    done()
  }
  upstream.setTimeout(IDLE_MS, end)
  upstream.setNoDelay(true)
  socket.on('data', (bytes: Buffer) => {
    received += bytes.length
    if (received > MOST_BYTES) end()
  })
  for (const side of [socket, upstream]) side.on('error', end).on('close', end)
  socket.pipe(upstream)
  upstream.pipe(socket)
}
