import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The API behind the pressure run: `/events` streams one event and then says nothing until `/say` is asked, everything else reads its body and says its length. */
const streams = new Set<ServerResponse>()
const server = createServer({ requestTimeout: 0 }, (request, response) => {
  if (request.url?.endsWith('/events') === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: hello\n\n')
    streams.add(response)
    response.once('close', () => streams.delete(response))
    return
  }
  if (request.url === '/say') {
    for (const stream of streams) stream.write('data: still here\n\n')
    response.end(String(streams.size))
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
