import { afterEach, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

describe('the rules that come with the gateway', () => {
  test('do not touch a busy single-page app: hundreds of calls, the same missing pictures again and again', async () => {
    kit = await startKit({ guard: 'default', config: { shop: { access: 'public', allow: ['GET /**'] } } })
    const { call, clock } = kit
    for (let n = 0; n < 400; n += 1) {
      clock.now += 100
      expect((await call('GET', `/api/shop/products/${n % 50}`)).status).toBe(200)
      expect((await call('GET', `/missing/picture-${n % 40}.png`)).status).toBe(404)
    }
  }, 60_000)

  test('RATE-01 stop a loop that went wild, and let it go on when it slows down', async () => {
    kit = await startKit({ guard: 'default', config: { shop: { access: 'public', allow: ['GET /**'] } } })
    const { call, clock } = kit
    let passed = 0
    for (let n = 0; n < 620; n += 1) if ((await call('GET', '/api/shop/products')).status === 200) passed += 1
    expect(passed).toBe(600)
    clock.now += 1000
    expect((await call('GET', '/api/shop/products')).status).toBe(200)
  }, 60_000)

  test('RATE-04 stop a scanner after a hundred different paths, for five minutes, and nobody else', async () => {
    kit = await startKit({ guard: 'default', config: { trustedProxies: ['127.0.0.1'] } })
    const { call, clock } = kit
    const scan = async (path: string, from = '192.0.2.66') => (await call('GET', path, { headers: [['x-forwarded-for', from]] })).status
    const statuses: number[] = []
    for (let n = 0; n < 110; n += 1) statuses.push(await scan(`/wp-content/plugins/${n}.php`))
    expect(statuses.indexOf(403)).toBe(101)
    expect(await scan('/')).toBe(403)
    expect(await scan('/', '192.0.2.67')).toBe(404)
    clock.now += 301_000
    expect(await scan('/')).toBe(404)
  }, 60_000)
})
