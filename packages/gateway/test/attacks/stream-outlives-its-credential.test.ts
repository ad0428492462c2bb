import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'
import { openedSocket } from '../socket-call.ts'
import { startSocketUpstream } from '../socket-upstream.ts'
import { gate } from '../upstream.ts'

/** An API asks for the key once, when a stream begins. Whoever opened one with a key that leaked keeps it, unless somebody cuts it. */
let kit: Kit
let cookie: string

async function start(options: KitOptions = {}): Promise<void> {
  const api = async () => await startSocketUpstream()
  kit = await startKit({ api, ...options, config: { shop: { allow: ['GET /**', 'WS /live'] }, ...options.config } })
  cookie = await kit.signIn()
}

afterEach(() => kit?.close())

const live = async () => await openedSocket(kit, '/api/shop/live', { cookie })

const rotate = async (): Promise<void> => {
  const value = Buffer.from('the next secret of this API')
  expect((await kit.vault.rotate('shop-key', { value, retireAfterMs: 0 }, kit.clock.now)).kind).toBe('done')
}

/** Two looks: what was to end has ended. */
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1200))

describe('REV-03 a WebSocket ends with the credential that opened it, and may be tried again: 1013', () => {
  test('revoked', async () => {
    await start()
    const { closed } = await live()
    await kit.vault.revoke('shop-key', null, kit.clock.now)
    expect(await closed).toEqual({ code: 1013, reason: 'try again' })
  })

  test('replaced, and the version before revoked: what the new one opened goes on', async () => {
    await start()
    const before = await live()
    await rotate()
    const after = await live()
    await kit.vault.revoke('shop-key', 1, kit.clock.now)
    expect((await before.closed).code).toBe(1013)
    after.socket.send('still here')
    expect(await after.next()).toBe('still here')
    after.socket.terminate()
  })

  test('replaced is not withdrawn: nothing is cut by a rotation', async () => {
    await start()
    const { socket, next } = await live()
    await rotate()
    await later()
    socket.send('still here')
    expect(await next()).toBe('still here')
    socket.terminate()
  })

  test('disabled, as a rule or a command does it in another process', async () => {
    await start()
    const { closed } = await live()
    const elsewhere = openSqlite(join(kit.folder, 'data'))
    await elsewhere.holds.add({ credential: 'shop-key', since: kit.clock.now, rule: null, reason: 'it is in a paste' })
    await elsewhere.close()
    expect((await closed).code).toBe(1013)
  })

  test('a store that cannot say what is disabled counts against it', async () => {
    let broken = false
    await start({
      wrapStores: (stores) => ({
        ...stores,
        holds: {
          ...stores.holds,
          all() {
            if (broken) throw new Error('disk I/O error')
            return stores.holds.all()
          },
        },
      }),
    })
    const { closed } = await live()
    broken = true
    expect((await closed).code).toBe(1013)
  })
})

describe('REV-03 a long answer ends with the credential that opened it, and does not look whole', () => {
  const held = gate()
  const stream = (): Promise<{ readonly end: Promise<string> }> =>
    new Promise((resolve, reject) => {
      const headers = { cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }
      const request = get(`${kit.origin}/api/shop/stream`, { headers, agent: false }, (response: IncomingMessage) => {
        const end = new Promise<string>((given) => {
          response.on('error', () => given('broken off'))
          response.on('end', () => given('whole'))
        })
        response.once('data', () => resolve({ end }))
      })
      request.on('error', reject)
    })

  test.each([
    ['events', 'text/event-stream', 'data: one\n\n', 'login'],
    ['a download', 'application/octet-stream', 'x'.repeat(100_000), 'login'],
    ['a download that all may have', 'application/octet-stream', 'x'.repeat(100_000), 'public'],
  ] as const)('%s', async (_what, type, first, access) => {
    kit = await startKit({
      config: { shop: { allow: ['GET /**'], access } },
      upstream: { script: [{ headers: [['content-type', type]], body: [first, held] }] },
    })
    cookie = await kit.signIn()
    const { end } = await stream()
    await kit.vault.revoke('shop-key', null, kit.clock.now)
    expect(await end).toBe('broken off')
    await kit.upstream.until(() => kit.upstream.openConnections === 0)
  })
})
