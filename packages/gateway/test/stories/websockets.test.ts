import { afterEach, describe, expect, test } from 'vitest'
import type { ConfigInput } from '../../src/config/schema.ts'
import { type Kit, startKit } from '../kit.ts'
import { openedSocket, openSocket } from '../socket-call.ts'
import { type SocketUpstream, type SocketUpstreamOptions, startSocketUpstream } from '../socket-upstream.ts'

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
})

void openSocket
