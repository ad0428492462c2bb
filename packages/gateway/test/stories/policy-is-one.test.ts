import { Agent, type IncomingMessage, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/paths.ts'
import { startKit, type Kit } from '../kit.ts'
import { gate } from '../upstream.ts'

const FRIEND = 'https://app.example'

/** Two configurations that differ in everything that a request can tell. */
function variant(kit: Kit, name: 'left' | 'right'): Config {
  const running = kit.running.config()
  const value = {
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    guard: 'off',
    store: './data',
    log: { file: './access.log' },
    theme: { name },
    allowedOrigins: name === 'left' ? [FRIEND] : [],
    apis: {
      [name]: {
        path: '/api/shop',
        upstream: `${kit.upstream.origin}/${name}`,
        credential: 'shop-key',
        allow: ['GET /**', 'POST /orders'],
        carry: [`x-${name}`],
      },
    },
  }
  const loaded = parseConfig(value, { file: null, folder: running.folder, locate: () => null })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

describe('a policy that changes under load', () => {
  test('every request is judged and sent by one policy, none fails, none is lost', { timeout: 20_000 }, async () => {
    const kit = await startKit({ config: { sessions: { idle: '24h', absolute: '48h' } } })
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    try {
      const variants = [variant(kit, 'left'), variant(kit, 'right')] as const
      kit.running.take(variants[0])
      const cookie = await kit.signIn()
      const headers = { host: new URL(kit.origin).host, cookie, 'sec-fetch-site': 'same-origin', 'x-left': 'l', 'x-right': 'r' }
      const statuses = new Map<number, number>()
      const get = (): Promise<void> =>
        new Promise((done, fail) => {
          request({ port: kit.running.port, host: '127.0.0.1', path: '/api/shop/products', agent, headers }, (answer) => {
            statuses.set(answer.statusCode ?? 0, (statuses.get(answer.statusCode ?? 0) ?? 0) + 1)
            answer.resume().on('end', done)
          })
            .on('error', fail)
            .end()
        })
      const before = kit.upstream.requests.length
      const worker = async (): Promise<void> => {
        for (let round = 0; round < 100; round += 1) await get()
      }
      let changes = 0
      const workers = Promise.all(Array.from({ length: 8 }, worker))
      let running = true
      const turn = (): void => {
        if (!running) return
        changes += 1
        kit.running.take(variants[changes % 2] ?? variants[0])
        setImmediate(turn)
      }
      setImmediate(turn)
      await workers
      running = false
      expect([...statuses]).toEqual([[200, 800]])
      const seen = kit.upstream.requests.slice(before)
      expect(seen).toHaveLength(800)
      const sides = seen.map((each) => {
        const side = each.target.startsWith('/left/') ? 'left' : 'right'
        // The path, the carried field and the credential come from the same policy.
        expect(each.header('x-left')).toBe(side === 'left' ? 'l' : null)
        expect(each.header('x-right')).toBe(side === 'right' ? 'r' : null)
        expect(each.header('authorization')).toBe(`Bearer ${kit.secret}`)
        return side
      })
      expect(new Set(sides)).toEqual(new Set(['left', 'right']))
      expect(changes).toBeGreaterThan(20)
    } finally {
      agent.destroy()
      await kit.close()
    }
  })

  test('what a change does not touch stays: connections to an upstream, and those of one that is gone until their answers have ended', async () => {
    const held = gate()
    const kit = await startKit({ upstream: { script: ({ target }) => ({ body: target.endsWith('/slow') ? ['one', held, 'two'] : '{}' }) } })
    try {
      kit.running.take(variant(kit, 'left'))
      const cookie = await kit.signIn()
      for (let round = 0; round < 3; round += 1) {
        expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(200)
        kit.running.take(variant(kit, round % 2 === 0 ? 'right' : 'left'))
      }
      expect(kit.upstream.connections).toBe(1)

      const slow = kit.call('GET', '/api/shop/slow', { cookie })
      await kit.upstream.until(() => kit.upstream.requests.at(-1)?.target.endsWith('/slow') === true)
      const { apis } = kit.running.config()
      const elsewhere = Object.fromEntries(Object.entries(apis).map(([name, api]) => [name, { ...api, upstream: 'https://other.example' }]))
      kit.running.take({ ...kit.running.config(), apis: elsewhere })
      held.open()
      expect((await slow).text).toContain('two')
      await kit.upstream.until(() => kit.upstream.openConnections === 0)
    } finally {
      await kit.close()
    }
  })

  test('a request under way keeps the policy that it began with, to the last field of its answer', async () => {
    const kit = await startKit({ config: { shop: { allow: ['POST /orders'] } } })
    try {
      kit.running.take(variant(kit, 'left'))
      const cookie = await kit.signIn()
      const headers = { host: new URL(kit.origin).host, cookie, origin: FRIEND, 'x-left': 'l', 'x-right': 'r' }
      const upload = request({ port: kit.running.port, host: '127.0.0.1', method: 'POST', path: '/api/shop/orders', headers })
      const answered = new Promise<IncomingMessage>((done, fail) => upload.once('response', done).once('error', fail))
      upload.write('first half, ')
      await kit.upstream.until(() => kit.upstream.bodyBytes > 0)
      kit.running.take(variant(kit, 'right'))
      upload.end('second half')
      const answer = await answered
      answer.resume()
      expect(answer.statusCode).toBe(200)
      expect(answer.headers['access-control-allow-origin']).toBe(FRIEND)
      const sent = kit.upstream.requests.at(-1)
      expect([sent?.target, sent?.header('x-left'), sent?.header('x-right')]).toEqual(['/left/orders', 'l', null])
      expect((await kit.call('POST', '/api/shop/orders', { cookie, headers: [['origin', FRIEND]], from: 'none' })).status).toBe(403)
    } finally {
      await kit.close()
    }
  })
})
