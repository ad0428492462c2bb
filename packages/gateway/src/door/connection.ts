import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Peer, readPeer } from '../decide/client.ts'

/** What a door must know of a connection beyond the request in hand, so that no answer is ever written into another. */
export interface Connection {
  /** Answers that are owed or being written. */
  pending: number
  /** Read at the first request: it stays the same. */
  peer: Peer | null
  /** The last request and its answer: the only one that may still be arriving. */
  request: IncomingMessage | null
  response: ServerResponse | null
  /** Requests that came before the one in hand was answered, in order. */
  readonly waiting: (() => void)[]
  /** A refusal ended it: what else arrives is not a request. */
  closing: boolean
  /** Requests that arrived since then. Node keeps them until the connection is gone. */
  ignored: number
  /** Runs once, when no answer is owed any more. */
  whenIdle: (() => void) | null
}

const connections = new WeakMap<Duplex, Connection>()

export function connectionOf(socket: Duplex): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const connection: Connection = {
    pending: 0,
    peer: null,
    request: null,
    response: null,
    waiting: [],
    closing: false,
    ignored: 0,
    whenIdle: null,
  }
  connections.set(socket, connection)
  return connection
}

export function peerOf({ socket }: IncomingMessage, connection: Connection): Peer {
  return (connection.peer ??= readPeer(socket.remoteAddress ?? '', 'encrypted' in socket))
}

/** An answer was written, or its socket is gone: whoever waits is next. */
export function answered(connection: Connection): void {
  connection.pending -= 1
  const next = connection.waiting.shift()
  if (next !== undefined) {
    next()
    return
  }
  if (connection.pending > 0 || connection.whenIdle === null) return
  const run = connection.whenIdle
  connection.whenIdle = null
  run()
}
