import { resolve } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ConfigInput } from '../../src/config/schema.ts'
import { type Kit, startKit } from '../kit.ts'
import { openedSocket, openSocket } from '../socket-call.ts'
import { type SocketUpstream, type SocketUpstreamOptions, startSocketUpstream } from '../socket-upstream.ts'

const SITE = resolve(import.meta.dirname, '../../demo/site')
const ALLOW = ['GET /**', 'WS /live/**']

let kit: Kit
let upstream: SocketUpstream

async function start(
  options: SocketUpstreamOptions = {},
  shop: Partial<ConfigInput['apis'][string]> = {},
  limits: Partial<NonNullable<ConfigInput['limits']>> = {},
): Promise<string> {
  kit = await startKit({
    api: async () => (upstream = await startSocketUpstream(options)),
    config: { shop: { allow: ALLOW, ...shop }, limits },
  })
  return await kit.signIn()
}

afterEach(() => kit?.close())

describe('a WebSocket through the gateway', () => {
  test('HTTP-18 text and bytes go both ways, and a close reaches the other side with its code', async () => {
    const cookie = await start()
    const { socket, next, closed } = await openedSocket(kit, '/api/shop/live/prices?of=tea', { cookie })
    socket.send('hello')
    expect(await next()).toBe('hello')
    const long = 'x'.repeat(200_000)
    socket.send(Buffer.from(long))
    expect(await next()).toBe(long)
    const [inside] = upstream.open
    const gone = new Promise<number>((resolve) => inside?.on('close', resolve))
    socket.close(4100, 'enough')
    expect(await gone).toBe(4100)
    expect((await closed).code).toBe(4100)
  })

  test('VLT-01 the credential is on the handshake, and nothing that the browser said of itself', async () => {
    const cookie = await start()
    const opened = await openedSocket(kit, '/api/shop/live/prices', { cookie, headers: { authorization: 'Bearer mine', 'x-api-key': 'k' } })
    const [handshake] = upstream.handshakes
    const { headers = {}, url } = handshake ?? {}
    expect(url).toBe('/v1/live/prices')
    expect(headers.authorization).toBe(`Bearer ${kit.secret}`)
    expect(headers['cookie']).toBeUndefined()
    expect(headers['x-api-key']).toBeUndefined()
    expect(headers['origin']).toBeUndefined()
    // Compressed frames could not be searched for the secret.
    expect(headers['sec-websocket-extensions']).toBeUndefined()
    expect(opened.socket.extensions).toBe('')
  })

  test('HTTP-18 a message that is too large ends it with 1009, from either side', async () => {
    const cookie = await start({}, { limits: { message: '1KiB' } })
    const up = await openedSocket(kit, '/api/shop/live/a', { cookie })
    up.socket.send('x'.repeat(1024))
    expect(await up.next()).toHaveLength(1024)
    up.socket.send('x'.repeat(1025))
    expect((await up.closed).code).toBe(1009)
    const down = await openedSocket(kit, '/api/shop/live/b', { cookie })
    const inside = [...upstream.open].at(-1)
    inside?.send('x'.repeat(512), { fin: false })
    inside?.send('x'.repeat(513))
    expect((await down.closed).code).toBe(1009)
    expect(down.messages).toEqual([])
  })

  test('HTTP-18 without a byte either way it is closed', async () => {
    const cookie = await start({}, { limits: { idleTimeout: '1s' } })
    const { closed } = await openedSocket(kit, '/api/shop/live/x', { cookie })
    expect(await closed).toEqual({ code: 1001, reason: 'idle' })
  })

  test('HTTP-18 a visitor holds as many as he may, and a closed one makes room', async () => {
    const cookie = await start({}, {}, { webSocketsPerVisitor: 2, webSockets: 3 })
    const first = await openedSocket(kit, '/api/shop/live/1', { cookie })
    const second = await openedSocket(kit, '/api/shop/live/2', { cookie })
    expect(await openSocket(kit, '/api/shop/live/3', { cookie })).toBe(503)
    const other = await kit.signIn()
    const third = await openedSocket(kit, '/api/shop/live/4', { cookie: other })
    expect(await openSocket(kit, '/api/shop/live/5', { cookie: other })).toBe(503)
    expect(upstream.handshakes).toHaveLength(3)
    first.socket.close()
    await first.closed
    await vi.waitFor(async () => {
      const again = await openedSocket(kit, '/api/shop/live/6', { cookie })
      again.socket.terminate()
    })
    for (const { socket } of [second, third]) socket.terminate()
  })

  test('HTTP-18 a visitor that does not read holds the upstream back', async () => {
    const cookie = await start()
    const { socket, closed } = await openedSocket(kit, '/api/shop/live/x', { cookie })
    const [inside] = upstream.open
    socket.pause()
    const piece = Buffer.alloc(262_144, 'x')
    const heldBack = (): number => inside?.bufferedAmount ?? 0
    let sent = 0
    for (; sent < 200 && heldBack() < 4_194_304; sent += 1) {
      inside?.send(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    // What the sockets' buffers on the way hold is far less than 50 MB.
    expect(sent).toBeLessThan(200)
    let received = 0
    socket.on('message', (bytes: Buffer) => (received += bytes.length))
    inside?.close(1000)
    socket.resume()
    expect((await closed).code).toBe(1000)
    expect(received).toBe(sent * piece.length)
  })

  test('CSRF-17 where visitors may call, a handshake needs a visit and counts as one of its calls', async () => {
    kit = await startKit({
      api: async () => (upstream = await startSocketUpstream()),
      config: { site: SITE, visits: { requests: 1 }, shop: { allow: ALLOW, access: 'visitor' } },
    })
    expect(await openSocket(kit, '/api/shop/live/x')).toBe(401)
    const begun = await kit.call('POST', '/auth/visit')
    const cookie = begun.header('set-cookie')?.split(';', 1)[0] ?? ''
    const { socket } = await openedSocket(kit, '/api/shop/live/x', { cookie })
    expect(await openSocket(kit, '/api/shop/live/x', { cookie })).toBe(429)
    socket.terminate()
  })

  test('a WebSocket that stays open while the configuration changes keeps what it began with', async () => {
    const cookie = await start()
    const { socket, next } = await openedSocket(kit, '/api/shop/live/x', { cookie })
    const config = kit.running.config()
    const shop = config.apis['shop']
    if (shop === undefined) throw new Error('no shop')
    kit.running.take({ ...config, apis: { shop: { ...shop, allow: ['GET /**'] } } })
    socket.send('still')
    expect(await next()).toBe('still')
    expect(await openSocket(kit, '/api/shop/live/x', { cookie })).toBe(405)
    socket.terminate()
  })
})
