import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Answer, BodySource, Departure } from '../answer.ts'
import { readHandshake, WS } from '../decide/handshake.ts'
import type { RequestHead } from '../decide/head.ts'
import type { HeaderField } from '../decide/headers.ts'
import { findApi, isBelow } from '../decide/route.ts'
import type { FailureCode } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { problem } from '../http/problem.ts'
import { connectionOf } from './connection.ts'
import { upgradeToDevServer } from './dev-upgrade.ts'
import { type HeadOptions, readHead } from './read-request.ts'
import { answerRaw, refuseRaw } from './refuse.ts'

export type Upgrade = (request: IncomingMessage, socket: Duplex, early: Buffer) => void

export interface UpgradeOptions extends HeadOptions {
  readonly gateway: Gateway
  /** The site's dev server, asked at every upgrade; null when there is none. */
  readonly devServer: () => string | null
}

/**
 * Node hands an upgrade over before any request handler sees it: the classic way past all checks. Here it is judged as what it is, by the
 * same `handle`, under the method `WS`; whatever is not a sound WebSocket handshake is refused and its connection closed. Behind a request
 * that is not answered yet, the listener refuses it: a 101 would stand in the middle of that answer.
 */
export function upgradeDoor(options: UpgradeOptions): Upgrade {
  const { gateway, policy, newRequestId } = options
  let dev: { readonly origin: string; readonly upgrade: Upgrade } | null = null

  function toDevServer(origin: string): Upgrade {
    if (dev?.origin !== origin) dev = { origin, upgrade: upgradeToDevServer(origin, options) }
    return dev.upgrade
  }

  return (request, socket, early) => {
    // A browser that goes away while we think must not end the process, nor may an exception of our own.
    socket.on('error', () => socket.destroy())
    try {
      take(request, socket, early)
    } catch {
      if (connectionOf(socket).pending > 0) socket.destroy()
      else refuseRaw(socket, 'internal', NO_ID)
    }
  }

  function take(request: IncomingMessage, socket: Duplex, early: Buffer): void {
    const connection = connectionOf(socket)
    // RFC 9112 §9.6: after a refusal that closes, nothing is asked in earnest.
    if (connection.closing) {
      socket.destroy()
      return
    }
    connection.closing = true
    const refuse = (code: FailureCode): void => refuseRaw(socket, code, newRequestId())
    const head = readHead(request, options)
    if (typeof head === 'string') return refuse(head)
    const handshake = readHandshake(head, request.httpVersion)
    if (handshake.kind === 'refused') {
      answerRaw(socket, handshakeRefused(handshake.code, newRequestId()), true)
      return
    }
    const origin = options.devServer()
    const { apis, basePath } = policy()
    const forSite = findApi(apis, head.path) === null && !isBelow(head.path, basePath)
    if (origin !== null && forSite) toDevServer(origin)(request, socket, early)
    // handle never rejects; if joining the two ends does, nobody gets a tunnel from it.
    else handle({ ...head, method: WS }, socket, early).catch(() => socket.destroy())
  }

  async function handle(head: RequestHead, socket: Duplex, early: Buffer): Promise<void> {
    const departure: Departure = { gone: false, onGone: null }
    const leave = (): void => {
      departure.gone = true
      departure.onGone?.()
    }
    socket.once('close', leave)
    const answer = await gateway.handle(head, null, departure)
    socket.off('close', leave)
    const { tunnel } = answer
    if (tunnel === undefined) answerRaw(socket, { ...answer, body: await beginning(answer.body) }, true)
    else if (socket.destroyed) tunnel.abandon()
    else {
      socket.write(switchHead(answer))
      tunnel.join(socket, early)
    }
  }
}

/** For a handshake that failed before it had an identifier. */
const NO_ID = 'none'

/** RFC 9110 §15.5.22 and RFC 6455 §4.4: 426 says what would be spoken. */
function handshakeRefused(code: FailureCode, request: string): Answer {
  const answer = problem(code, { request })
  if (code !== 'upgrade_version') return answer
  const fields: HeaderField[] = [
    ['upgrade', 'websocket'],
    ['connection', 'Upgrade'],
    ['sec-websocket-version', '13'],
  ]
  return { ...answer, headers: [...answer.headers, ...fields] }
}

function switchHead({ headers }: Answer): Buffer {
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    'latin1',
  )
}

/** What an upstream says instead of 101 is short, and no browser shows it to a script. */
const MOST_BYTES = 65_536

function beginning(body: BodySource | Uint8Array | null): Promise<Uint8Array | null> | Uint8Array | null {
  if (body === null || body instanceof Uint8Array) return body
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = []
    let bytes = 0
    body.start({
      chunk(piece) {
        pieces.push(piece)
        bytes += piece.length
        if (bytes <= MOST_BYTES) return true
        body.cancel(new Error('too long for a refused handshake'))
        resolve(null)
        return false
      },
      end: () => resolve(Buffer.concat(pieces)),
      fail: () => resolve(null),
    })
  })
}
