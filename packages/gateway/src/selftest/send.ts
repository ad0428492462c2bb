import { connect } from 'node:net'

export interface Sent {
  readonly method?: string
  readonly target: string
  readonly host: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

export interface Received {
  /** 0: the connection ended without an answer. */
  readonly status: number
  readonly text: string
}

/** How long the other side may be silent. */
const PATIENCE_MS = 10_000
const MOST_BYTES = 1_048_576

/** One request on a connection of its own, byte for byte: no library tidies it up. */
export function send(port: number, { method = 'GET', target, host, headers = [], body = '' }: Sent): Promise<Received> {
  const fields = [['host', host], ['connection', 'close'], ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${method} ${target} HTTP/1.1\r\n${fields}\r\n${body}`))
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > MOST_BYTES) socket.destroy()
    })
    // A reset is an answer like any other: what came before it counts.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1')
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0), text })
    })
  })
}

/** What a browser says of a call from a page of the very same site. */
export const OWN_PAGE: readonly (readonly [string, string])[] = [
  ['sec-fetch-site', 'same-origin'],
  ['sec-fetch-mode', 'cors'],
  ['sec-fetch-dest', 'empty'],
]
