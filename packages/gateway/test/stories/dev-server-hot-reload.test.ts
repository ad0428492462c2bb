import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createVite } from 'vite'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Access } from '../../src/decide/policy.ts'
import { upgradeToDevServer } from '../../src/door/dev-upgrade.ts'
import { createDevServerSite } from '../../src/site/dev-server.ts'
import { SITE_POLICY } from '../../src/site/content-policy.ts'
import { ask, NAVIGATION, openSiteDoor, type SiteDoor } from '../site-door.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function openDoor(origin: string, access: Access = { kind: 'public' }): Promise<SiteDoor> {
  let upgrade: ReturnType<typeof upgradeToDevServer> | null = null
  const door: SiteDoor = await openSiteDoor(createDevServerSite({ origin, csp: SITE_POLICY }), {
    policy: { site: { access } },
    upgrade: (gateway, policy, message, socket, firstBytes) => {
      upgrade ??= upgradeToDevServer(origin, { gateway, policy, clock: () => 1_000_000, newRequestId: () => 'request-1' })
      upgrade(message, socket, firstBytes)
    },
  })
  closing.push(() => door.close())
  return door
}

test('with a real Vite behind the gateway, a page loads, hot reload connects, and a changed file arrives', async () => {
  const root = await mkdtemp(join(tmpdir(), 'vite-'))
  closing.push(() => rm(root, { recursive: true }))
  await writeFile(join(root, 'index.html'), '<!doctype html><title>Shop</title><script type="module" src="/main.js"></script>')
  await writeFile(join(root, 'main.js'), 'export const version = 1\nimport.meta.hot?.accept()\n')
  const port = await freePort()
  const vite = await createVite({
    root,
    configFile: false,
    envFile: false,
    logLevel: 'silent',
    cacheDir: join(root, '.cache'),
    appType: 'spa',
    server: { host: '127.0.0.1', port, strictPort: true },
    optimizeDeps: { noDiscovery: true, include: [] },
  })
  closing.push(() => vite.close())
  await vite.listen()
  const door = await openDoor(`http://127.0.0.1:${port}`)

  const page = await ask(door, '/', { headers: NAVIGATION })
  expect(page.status).toBe(200)
  expect(page.body.toString()).toContain('/@vite/client')
  expect((await ask(door, '/main.js')).body.toString()).toContain('version = 1')
  const client = (await ask(door, '/@vite/client')).body.toString()
  const ticket = /wsToken = "([^"]+)"/.exec(client)?.[1] ?? ''
  expect(ticket).not.toBe('')

  const socket = new WebSocket(`ws://localhost:${door.port}/?token=${ticket}`, 'vite-hmr', { origin: door.origin })
  closing.push(() => socket.terminate())
  const messages: { readonly type: string; readonly updates?: readonly { readonly path: string }[] }[] = []
  const waiting = new Map<string, () => void>()
  const first = (type: string) => new Promise<void>((resolve) => waiting.set(type, resolve))
  const both = [first('connected'), first('update')] as const
  socket.on('message', (bytes: Buffer) => {
    const message = JSON.parse(bytes.toString()) as (typeof messages)[number]
    messages.push(message)
    waiting.get(message.type)?.()
  })
  await both[0]
  await writeFile(join(root, 'main.js'), 'export const version = 2\nimport.meta.hot?.accept()\n')
  await both[1]
  expect(messages.find((message) => message.type === 'update')?.updates?.[0]?.path).toBe('/main.js')
  expect((await ask(door, '/main.js', { headers: { 'cache-control': 'no-cache' } })).body.toString()).toContain('version = 2')
})

interface Dev {
  readonly origin: string
  readonly upgrades: Record<string, string | string[] | undefined>[]
  readonly sockets: WebSocketServer
}

async function openDev(): Promise<Dev> {
  const upgrades: Dev['upgrades'] = []
  const server = createServer((_request, response) => response.writeHead(404, { server: 'canary' }).end('canary'))
  const sockets = new WebSocketServer({ noServer: true })
  sockets.on('connection', (connection) => connection.on('message', (bytes: Buffer) => connection.send(`echo ${bytes.length}`)))
  server.on('upgrade', (message, socket: Socket, head) => {
    upgrades.push(message.headers)
    if (message.url === '/refused') socket.end('HTTP/1.1 403 Forbidden\r\nServer: canary\r\nContent-Length: 6\r\n\r\ncanary')
    else sockets.handleUpgrade(message, socket, head, (connection) => sockets.emit('connection', connection, message))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () =>
      new Promise((resolve) => {
        for (const one of sockets.clients) one.terminate()
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, upgrades, sockets }
}

/** The status that the handshake ends with: 101, or a refusal. Resolves when the connection is closed after a refusal. */
function handshake(
  door: SiteDoor,
  headers: Record<string, string>,
  path = '/',
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port: door.port,
      path,
      agent: false,
      headers: {
        host: `localhost:${door.port}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        origin: door.origin,
        ...headers,
      },
    })
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve({ status: 101, text: '' })
    })
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      const text = (): string => JSON.stringify(response.headers) + Buffer.concat(chunks).toString()
      response.socket.on('close', () => resolve({ status: response.statusCode ?? 0, text: text() }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('the tunnel to a dev server', () => {
  test('COO-13 carries frames both ways and shows the dev server neither our cookies nor our origin', async () => {
    const dev = await openDev()
    const door = await openDoor(dev.origin)
    const socket = new WebSocket(`ws://localhost:${door.port}/hot?x=1`, {
      origin: door.origin,
      headers: { cookie: '__Host-Http-session=canary; theme=dark', authorization: 'Bearer canary', 'x-forwarded-for': 'canary' },
    })
    closing.push(() => socket.terminate())
    const answer = new Promise<string>((resolve) => socket.on('message', (bytes: Buffer) => resolve(bytes.toString())))
    await new Promise((resolve) => socket.on('open', resolve))
    socket.send(Buffer.alloc(100_000))
    expect(await answer).toBe('echo 100000')
    expect(dev.upgrades).toHaveLength(1)
    expect(dev.upgrades[0]).toMatchObject({ host: new URL(dev.origin).host, origin: dev.origin, cookie: 'theme=dark' })
    expect(JSON.stringify(dev.upgrades)).not.toContain('canary')
  })

  test('closes both ends when either goes', async () => {
    const dev = await openDev()
    const door = await openDoor(dev.origin)
    const connected = new Promise<WebSocket>((resolve) => dev.sockets.once('connection', resolve))
    const socket = new WebSocket(`ws://localhost:${door.port}/`, { origin: door.origin })
    const there = await connected
    const gone = new Promise((resolve) => there.on('close', resolve))
    await new Promise((resolve) => socket.on('open', resolve))
    socket.terminate()
    await gone
  })

  test('ends a browser that sends without measure', async () => {
    const dev = await openDev()
    const door = await openDoor(dev.origin)
    const socket = new WebSocket(`ws://localhost:${door.port}/`, { origin: door.origin })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.on('open', resolve))
    for (let at = 0; at < 18; at += 1) socket.send(Buffer.alloc(1_000_000))
    await closed
  })

  test.each([
    ['a page of another origin', { origin: 'https://evil.example' }, 403],
    ['a sibling host', { 'sec-fetch-site': 'same-site' }, 403],
    ['a page that hides its origin', { origin: 'null' }, 403],
    ['another host name', { host: 'evil.example' }, 421],
    ['another protocol', { upgrade: 'h2c' }, 400],
  ])('CSRF-01 refuses %s, and the dev server never hears of it', async (_who, headers, status) => {
    const dev = await openDev()
    const door = await openDoor(dev.origin)
    expect((await handshake(door, headers)).status).toBe(status)
    expect(dev.upgrades).toHaveLength(0)
    expect((await handshake(door, {})).status).toBe(101)
  })

  test('CSRF-01 refuses who sends no origin at all', async () => {
    const dev = await openDev()
    const door = await openDoor(dev.origin)
    for (const headers of [{}, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]) {
      const socket = new WebSocket(`ws://localhost:${door.port}/`, { headers })
      socket.on('error', () => undefined)
      const status = await new Promise<number>((resolve) =>
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0)).on('open', () => resolve(101)),
      )
      socket.terminate()
      expect(status).toBe(403)
    }
    expect(dev.upgrades).toHaveLength(0)
  })

  test('refuses paths of the APIs and of the gateway itself, and a stranger where the site needs a login', async () => {
    const dev = await openDev()
    const door = await openDoor(dev.origin)
    for (const path of ['/api/shop/products/1', '/auth/session', '/a//b'])
      expect((await handshake(door, {}, path)).status).toBeGreaterThanOrEqual(400)
    const closedDoor = await openDoor(dev.origin, { kind: 'login' })
    expect((await handshake(closedDoor, {})).status).toBe(401)
    expect(dev.upgrades).toHaveLength(0)
  })

  test('says nothing of what the dev server answered when it does not take the connection', async () => {
    const dev = await openDev()
    const door = await openDoor(dev.origin)
    const said = await handshake(door, {}, '/refused')
    expect(said.status).toBe(502)
    expect(said.text).not.toContain('canary')
  })

  test.each(['https://dev.example', 'http://192.0.2.1:5173', 'http://localhost.evil.example:5173', 'https://localhost:5173'])(
    'is not built to %s, which is not plain loopback',
    async (origin) => {
      const door = await openDoor(origin)
      expect((await handshake(door, {})).status).toBe(404)
    },
  )
})
