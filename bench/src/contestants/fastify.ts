import type { AddressInfo } from 'node:net'
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

/** @fastify/http-proxy with nothing on but the header that it adds. */
const [upstream = '', key = ''] = process.argv.slice(2)
const app = fastify({ keepAliveTimeout: 60_000, bodyLimit: 16 * 1024 * 1024 })
await app.register(proxy, {
  upstream,
  replyOptions: { rewriteRequestHeaders: (_request, headers) => ({ ...headers, authorization: `Bearer ${key}` }) },
})
await app.listen({ port: 0, host: '127.0.0.1' })
console.log((app.server.address() as AddressInfo).port)
