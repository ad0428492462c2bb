import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/** The least that a proxy in Node can do: node:http in, undici out, one header added. Checks nothing. The yardstick. */
const [upstream = '', key = ''] = process.argv.slice(2)
const pool = new Pool(upstream, { connections: 64 })

const server = createServer((request, response) => {
  const body = request.method === 'POST' ? request : null
  const headers: string[] = ['accept', '*/*', 'authorization', `Bearer ${key}`]
  if (body !== null) headers.push('content-length', request.headers['content-length'] ?? '0', 'content-type', 'application/octet-stream')
  pool.dispatch(
    { method: request.method ?? 'GET', path: request.url ?? '/', headers, body },
    {
      onRequestStart() {},
      onResponseStart(controller, status, fields) {
        const passed: string[] = []
        for (const [name, value] of Object.entries(fields))
          if (name !== 'connection' && name !== 'keep-alive' && name !== 'transfer-encoding') passed.push(name, String(value))
        response.writeHead(status, passed)
        response.on('drain', () => controller.resume())
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause()
      },
      onResponseEnd() {
        response.end()
      },
      onResponseError() {
        response.destroy()
      },
    },
  )
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
