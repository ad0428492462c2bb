import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The API behind the pressure run: `/events` streams one event and then says nothing, everything else reads its body and says its length. */
const server = createServer({ requestTimeout: 0 }, (request, response) => {
  if (request.url?.endsWith('/events') === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: hello\n\n')
    return
  }
  if (request.url?.endsWith('/endless') === true) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    const piece = Buffer.alloc(65_536, 'x')
    const pour = (): void => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', pour)
    pour()
    return
  }
  let length = 0
  request.on('data', (chunk: Buffer) => (length += chunk.length))
  request.on('end', () => response.end(JSON.stringify({ length })))
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log((server.address() as AddressInfo).port))
