import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import { afterEach, describe, expect, test } from 'vitest'
import { type Later, systemLater } from '../../src/lib/later.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import type { Stores } from '../../src/store/store.ts'
import { type Kit, type KitOptions, PASSWORD, startKit } from '../kit.ts'
import { openedSocket } from '../socket-call.ts'
import { type SocketUpstream, startSocketUpstream } from '../socket-upstream.ts'
import { gate } from '../upstream.ts'

/** A connection is judged once, when it begins. Nobody asks again while it lives, unless somebody is told to. */
const MINUTE = 60_000
let kit: Kit
let upstream: SocketUpstream

async function start(options: KitOptions = {}): Promise<string> {
  const api = async (): Promise<SocketUpstream> => (upstream = await startSocketUpstream())
  const shop = { allow: ['GET /**', 'WS /live', 'POST /orders'], ...options.config?.shop }
  kit = await startKit({ api, ...options, config: { ...options.config, shop } })
  return await kit.signIn()
}

afterEach(() => kit?.close())

/** Nobody looks into the store: what ends a stream then is the end of its session itself. */
const nobodyLooks: Later = (run, ms) => (ms === 500 ? () => undefined : systemLater(run, ms))

async function insideGone(): Promise<void> {
  await Promise.all(
    [...upstream.open].map(
      (inside: WebSocket) => new Promise((resolve) => (inside.readyState === 3 ? resolve(null) : inside.on('close', resolve))),
    ),
  )
}

/** As another process would: through a connection of its own to the same database. */
async function elsewhere(change: (stores: Stores) => unknown): Promise<void> {
  const stores = openSqlite(join(kit.folder, 'data'))
  await change(stores)
  await stores.close()
}

const accountId = async (): Promise<string> => (await kit.stores.accounts.findByKey('ada'))?.id ?? ''

describe('CSRF-17 REV-03 a WebSocket ends with its session: 4001, on both sides', () => {
  test('a logout', async () => {
    const cookie = await start({ later: nobodyLooks })
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    const other = await openedSocket(kit, '/api/shop/live', { cookie: await kit.signIn() })
    await kit.call('POST', '/auth/logout', { cookie })
    expect(await closed).toEqual({ code: 4001, reason: 'session ended' })
    // Another session of the same account is another's affair.
    other.socket.send('still here')
    expect(await other.next()).toBe('still here')
    other.socket.terminate()
    await insideGone()
  })

  test('a new password ends the account’s other sessions', async () => {
    const cookie = await start({ later: nobodyLooks })
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    const second = await kit.signIn()
    const json = { currentPassword: PASSWORD, newPassword: 'a staple for the correct battery horse' }
    const answer = await kit.call('POST', '/auth/password', { cookie: second, json })
    expect(answer.status).toBeLessThan(300)
    expect((await closed).code).toBe(4001)
  })

  test('another process ended one session', async () => {
    const cookie = await start()
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    const [session] = await kit.stores.sessions.list(await accountId())
    await elsewhere((stores) => stores.sessions.revoke(session?.id ?? '', kit.clock.now, 'ended-by-owner'))
    expect((await closed).code).toBe(4001)
    await insideGone()
  })

  test('another process ended all sessions of the account', async () => {
    const cookie = await start()
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    const id = await accountId()
    await elsewhere((stores) => stores.sessions.revokeAll(id, kit.clock.now, 'account-disabled'))
    expect((await closed).code).toBe(4001)
  })

  test('another process took the role that the API asks for', async () => {
    kit = await startKit({
      api: async () => (upstream = await startSocketUpstream()),
      config: { shop: { allow: ['WS /live'], access: { role: 'staff' } } },
    })
    await kit.addAccount('grace', ['staff'])
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie: await kit.signIn('grace') })
    const id = (await kit.stores.accounts.findByKey('grace'))?.id ?? ''
    await elsewhere((stores) => stores.sessions.setRoles(id, []))
    expect((await closed).code).toBe(4001)
  })

  test('nothing happened for as long as a session may be idle', async () => {
    const cookie = await start()
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    kit.clock.now += 31 * MINUTE
    expect((await closed).code).toBe(4001)
  })

  test('messages of the visitor are activity, but the session ends at its absolute limit', async () => {
    const cookie = await start({ config: { sessions: { idle: '30m', absolute: '1h' } } })
    const { socket, next, closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    for (let minutes = 0; minutes < 60; minutes += 20) {
      socket.send('busy')
      expect(await next()).toBe('busy')
      expect(socket.readyState).toBe(1)
      // A plain call, too, finds the session alive.
      expect((await kit.call('GET', '/auth/session?passive=1', { cookie })).text).toContain('"active":true')
      kit.clock.now += 20 * MINUTE
    }
    expect((await closed).code).toBe(4001)
  })

  test('what only comes down is nobody’s activity', async () => {
    const cookie = await start()
    const { closed, next } = await openedSocket(kit, '/api/shop/live', { cookie })
    for (const inside of upstream.open) inside.send('tick')
    await next()
    kit.clock.now += 20 * MINUTE
    for (const inside of upstream.open) inside.send('tick')
    await next()
    kit.clock.now += 11 * MINUTE
    expect((await closed).code).toBe(4001)
  })

  test('a store that cannot say whether the session lives counts against it', async () => {
    let broken = false
    const cookie = await start({
      wrapStores: (stores) => ({
        ...stores,
        sessions: {
          ...stores.sessions,
          findAll(ids) {
            if (broken) throw new Error('disk I/O error')
            return stores.sessions.findAll(ids)
          },
        },
      }),
    })
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    broken = true
    expect((await closed).code).toBe(1013)
  })

  test('the session ended while the upstream still thought about the handshake', async () => {
    const held = gate()
    const asked = gate()
    const cookie = await start({
      api: async () =>
        (upstream = await startSocketUpstream({
          before: () => {
            asked.open()
            return held.passed
          },
        })),
    })
    const opening = openedSocket(kit, '/api/shop/live', { cookie })
    await asked.passed
    await kit.call('POST', '/auth/logout', { cookie })
    held.open()
    expect((await (await opening).closed).code).toBe(4001)
  })

  test('the gateway stops', async () => {
    const cookie = await start()
    const { closed } = await openedSocket(kit, '/api/shop/live', { cookie })
    const stopped = kit.running.close(5000)
    expect((await closed).code).toBe(1001)
    await stopped
  })
})

describe('REV-03 a long answer ends with its session, and does not look whole', () => {
  const open = (path: string, cookie: string): Promise<{ readonly first: string; readonly end: Promise<string> }> =>
    new Promise((resolve, reject) => {
      const headers = { cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }
      const request = get(kit.origin + path, { headers, agent: false }, (response: IncomingMessage) => {
        const end = new Promise<string>((given) => {
          response.on('error', () => given('broken off'))
          response.on('end', () => given('whole'))
        })
        response.once('data', (bytes: Buffer) => resolve({ first: bytes.toString(), end }))
      })
      request.on('error', reject)
    })
  const held = gate()

  test.each([
    ['events', 'text/event-stream', 'data: one\n\n'],
    ['a download', 'application/octet-stream', 'x'.repeat(100_000)],
  ])('%s', async (_what, type, first) => {
    kit = await startKit({ later: nobodyLooks, upstream: { script: [{ headers: [['content-type', type]], body: [first, held] }] } })
    const cookie = await kit.signIn()
    const here = await open('/api/shop/stream', cookie)
    expect(first.startsWith(here.first.slice(0, 5))).toBe(true)
    await kit.call('POST', '/auth/logout', { cookie })
    expect(await here.end).toBe('broken off')
    await kit.upstream.until(() => kit.upstream.openConnections === 0)
  })

  test('events of a session that another process ended', async () => {
    kit = await startKit({ upstream: { script: [{ headers: [['content-type', 'text/event-stream']], body: ['data: one\n\n', held] }] } })
    const cookie = await kit.signIn()
    const { end } = await open('/api/shop/stream', cookie)
    const [session] = await kit.stores.sessions.list(await accountId())
    await elsewhere((stores) => stores.sessions.revoke(session?.id ?? '', kit.clock.now, 'ended-by-owner'))
    expect(await end).toBe('broken off')
  })
})
