import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyMiddleware } from 'http-proxy-middleware'

/** http-proxy-middleware with kept connections and the header that it adds. */
const [upstream = '', key = ''] = process.argv.slice(2)
const middleware = createProxyMiddleware({
  target: upstream,
  agent: new Agent({ keepAlive: true, maxSockets: 64 }),
  headers: { authorization: `Bearer ${key}` },
})
const server = createServer((request, response) => {
  void middleware(request, response, () => response.writeHead(404).end())
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
