import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The API behind every contestant: answers only with the right key, so that each of them has to add it. Runs as a process of its own. */
const key = process.argv[2] ?? ''
const SMALL = Buffer.from(
  JSON.stringify({
    products: Array.from({ length: 4 }, (_none, at) => ({ id: at, name: `tea no ${at}`, price: 990 + at, stock: 7 })),
    page: 1,
    of: 12,
    sort: 'name',
    more: true,
  }).padEnd(261),
)
const MIDDLE = Buffer.alloc(64 * 1024, 'abcdefghijklmnopqrstuvwxyz0123456789 ')
const LARGE = Buffer.alloc(1024 * 1024, 'abcdefghijklmnopqrstuvwxyz0123456789 ')
const EVENTS = 200

const server = createServer((request, response) => {
  if (request.headers.authorization !== `Bearer ${key}`) {
    response.writeHead(401).end()
    return
  }
  const path = (request.url ?? '').slice((request.url ?? '').lastIndexOf('/'))
  switch (path) {
    case '/small':
      send(SMALL)
      break
    case '/middle':
      send(MIDDLE)
      break
    case '/large':
      send(LARGE)
      break
    case '/sink': {
      let length = 0
      request.on('data', (chunk: Buffer) => (length += chunk.length))
      request.on('end', () => send(Buffer.from(JSON.stringify({ length }))))
      break
    }
    case '/events':
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      stream(EVENTS)
      break
    default:
      response.writeHead(404).end()
  }

  function send(body: Buffer): void {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  }

  function stream(left: number): void {
    if (left === 0) response.end()
    else {
      response.write(`data: {"step":${left},"text":"one more piece of an answer that is still being made"}\n\n`)
      setImmediate(stream, left - 1)
    }
  }
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
