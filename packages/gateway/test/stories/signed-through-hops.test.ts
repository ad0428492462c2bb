import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request as plainRequest, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryNonces, staticKeys, type KeySource } from '@cloakroom/signature'
import { requireSignature } from '@cloakroom/signature/node'
import { afterEach, expect, test, vi } from 'vitest'
import { findNginx } from '../contestants.ts'
import { type Kit, startKit } from '../kit.ts'
import { addSigningKey, publishedBy } from '../signed-kit.ts'

const nginx = findNginx()
let closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  closing = []
})

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server: Server = createServer(handler)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return portOf(server)
}

/** An API that takes what the gateway at `front` signed and says what it understood; anything else is 403. */
async function signedWay(front: (api: number) => Promise<number>): Promise<Kit> {
  const clock = { now: 0 }
  let keys: KeySource = { find: () => Promise.resolve({ answer: 'unknown' }) }
  let authority = 'not-yet'
  const api = await listen((request, response) => {
    const options = { authority, keys, nonces: memoryNonces(), clock: () => Math.floor(clock.now / 1000) }
    requireSignature(options, (_request, answer, { method, path, query }) => {
      request.resume().on('end', () => answer.end(JSON.stringify({ method, path, query })))
    })(request, response)
  })
  const port = await front(api)
  authority = `127.0.0.1:${port}`
  const origin = `http://${authority}`
  const kit = await startKit({
    apis: () => ({
      far: { path: '/api/far', upstream: origin, allow: ['GET /**', 'POST /**'], access: 'login', sign: { key: 'far-sign' } },
    }),
  })
  closing.push(() => kit.close())
  await addSigningKey(kit, 'far-sign', origin)
  clock.now = kit.clock.now
  keys = await staticKeys(await publishedBy(kit))
  return kit
}

async function calls(kit: Kit): Promise<void> {
  const cookie = await kit.signIn()
  const read = await kit.call('GET', '/api/far/orders/7?q=a%20b&q=c', { cookie })
  expect([read.status, JSON.parse(read.text)]).toEqual([200, { method: 'GET', path: '/orders/7', query: 'q=a%20b&q=c' }])
  const written = await kit.call('POST', '/api/far/orders', {
    cookie,
    body: JSON.stringify({ text: 'a warm coat '.repeat(5000) }),
    headers: [['content-type', 'application/json']],
  })
  expect([written.status, JSON.parse(written.text)]).toEqual([200, { method: 'POST', path: '/orders', query: null }])
}

test.skipIf(nginx === null)('UPV-19 what the gateway signed holds behind nginx', async () => {
  const kit = await signedWay(async (api) => {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'cloakroom-hop-'))
    mkdirSync(join(folder, 'temp'))
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temp/${name};`).join(' ')
    const site = `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${api}; proxy_set_header Host $http_host; } }`
    writeFileSync(
      join(folder, 'main.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${temp} ${site} }`,
    )
    const child = spawn(nginx ?? '', ['-p', folder, '-c', join(folder, 'main.conf')], { stdio: 'ignore' })
    closing.push(async () => {
      const gone = new Promise((done) => child.once('exit', done))
      child.kill()
      await gone
      rmSync(folder, { recursive: true })
    })
    await vi.waitFor(() => reached(port), { timeout: 5000, interval: 20 })
    return port
  })
  await calls(kit)
})

test('UPV-19 what the gateway signed holds over a hop that speaks HTTP/2', async () => {
  const kit = await signedWay(async (api) => {
    // HTTP/2 in, HTTP/1.1 out to the API: what a load balancer does.
    const inner = createHttp2Server((request, response) => {
      const fields = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':')))
      const host = request.authority
      const onward = plainRequest(
        { host: '127.0.0.1', port: api, method: request.method, path: request.url, headers: { ...fields, host } },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502)
          answer.pipe(response)
        },
      )
      request.pipe(onward)
    })
    await new Promise<void>((done) => inner.listen(0, '127.0.0.1', done))
    const session = connectHttp2(`http://127.0.0.1:${portOf(inner)}`)
    closing.push(() => {
      session.destroy()
      inner.close()
    })
    return await listen((request, response) => {
      const { host = '', connection: _hop, 'transfer-encoding': _coding, ...fields } = request.headers
      const stream = session.request({ ...fields, ':method': request.method, ':path': request.url, ':authority': host })
      stream.on('response', (headers) => response.writeHead(headers[':status'] ?? 502))
      stream.pipe(response)
      request.pipe(stream)
    })
  })
  await calls(kit)
})

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const port = portOf(server)
  await new Promise((done) => server.close(done))
  return port
}

function reached(port: number): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      done()
    })
    socket.on('error', fail)
  })
}
