import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryNonces, staticKeys } from '../src/index.ts'
import { requireSignature as forFastify } from '../src/middleware/fastify.ts'
import { requireSignature as forHono } from '../src/middleware/hono.ts'
import { AUTHORITY, gatewayKey, NOON, signed } from './kit.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => void (await Promise.all(closers.splice(0).map((close) => close()))))

const options = async (maxAgeSeconds = 60) => ({
  authority: AUTHORITY,
  keys: await staticKeys([gatewayKey.publicJwk!]),
  nonces: memoryNonces(),
  clock: () => NOON,
  maxAgeSeconds,
})
const get = (path: string, age: number) =>
  signed({ kind: 'request', method: 'GET', scheme: null, authority: AUTHORITY, path, query: null, fields: [['Host', AUTHORITY]] }, null, {
    clock: () => NOON - age,
    nonce: () => crypto.randomUUID(),
  })

describe('signatures where they matter (UPV-18)', () => {
  it('Fastify: one plugin demands them, another one not', async () => {
    const app = Fastify()
    closers.push(() => app.close())
    const hook = forFastify(await options(10))
    app.get('/public', () => 'open')
    await app.register(async (payments) => {
      payments.addHook('preParsing', hook)
      payments.get('/payments', () => 'paid')
      await Promise.resolve()
    })
    const ask = async (path: string, age: number | null) => {
      const headers = age === null ? { host: AUTHORITY } : Object.fromEntries((await get(path, age)).fields)
      return (await app.inject({ method: 'GET', url: path, headers })).statusCode
    }
    expect([await ask('/public', null), await ask('/payments', null), await ask('/payments', 5), await ask('/payments', 11)]).toEqual([
      200, 403, 200, 403,
    ])
  })

  it('Hono: each path with its own age', async () => {
    const app = new Hono()
    app.use('/payments/*', forHono(await options(10)))
    app.use('/orders/*', forHono(await options(60)))
    app.get('/:kind/:id', (context) => context.text('yes'))
    const ask = async (path: string, age: number | null) => {
      const fields = age === null ? [] : (await get(path, age)).fields.filter(([name]) => name !== 'Host')
      const response = await app.fetch(
        new Request(`http://${AUTHORITY}${path}`, { headers: fields.map(([name, value]): [string, string] => [name, value]) }),
      )
      return response.status
    }
    expect([
      await ask('/open/1', null),
      await ask('/orders/1', null),
      await ask('/orders/1', 30),
      await ask('/payments/1', 30),
      await ask('/payments/1', 5),
    ]).toEqual([200, 403, 200, 403, 200])
  })
})
