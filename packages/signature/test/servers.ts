import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import type { FieldLine } from '../src/index.ts'

export interface Listening {
  readonly port: number
  readonly authority: string
  close(): Promise<void>
}

/** Starts a server on a free port of the loopback. */
export function listen(server: Server): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done())
          if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') server.closeAllConnections()
        })
      resolve({ port, authority: `127.0.0.1:${port}`, close })
    })
  })
}

export function listenWith(handler: RequestListener): Promise<Listening> {
  return listen(createServer(handler))
}

export interface Answer {
  readonly status: number
  readonly fields: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** Sends exactly these field lines and content over HTTP/1.1. `pieces` makes it chunked. */
export function send(
  port: number,
  method: string,
  path: string,
  fields: readonly FieldLine[],
  content: Uint8Array | null,
  pieces: number | null = null,
): Promise<Answer> {
  const flat = fields.flat()
  const framing = content === null ? [] : pieces === null ? ['Content-Length', String(content.length)] : ['Transfer-Encoding', 'chunked']
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: [...flat, ...framing], setHost: false, agent: false },
      (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, fields: answer.headers, body }), reject)
      },
    )
    outgoing.on('error', reject)
    if (content !== null) {
      const size = Math.max(1, Math.ceil(content.length / (pieces ?? 1)))
      for (let at = 0; at < content.length; at += size) outgoing.write(content.subarray(at, at + size))
    }
    outgoing.end()
  })
}

export async function text(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
