import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
let cookie: string

beforeAll(async () => {
  kit = await startKit({ config: { shop: { allow: ['GET /products/**'], path: '/api/shop' } } })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

/** Each is meant to end up at `/admin` or at another host, by somebody’s reading of it. */
const TARGETS = [
  '/api/shop/products/../admin',
  '/api/shop/products/..%2fadmin',
  '/api/shop/products/..%2Fadmin',
  '/api/shop/products/%2e%2e/admin',
  '/api/shop/products/%2E%2E/admin',
  '/api/shop/products/.%2e/admin',
  '/api/shop/products/%252e%252e/admin',
  '/api/shop/products/%252e%252e%252fadmin',
  '/api/shop/products/..;/admin',
  '/api/shop/products/..%3B/admin',
  '/api/shop/products/;/../admin',
  '/api/shop/products/..\\admin',
  '/api/shop/products/..%5cadmin',
  '/api/shop/products/..%00/admin',
  '/api/shop/products//../admin',
  '/api/shop//admin',
  '//api/shop/products/1',
  '/api/shop/products/%2f%2fevil.example/',
  '/api/shop/products\\..\\admin',
  '/api/shop/products/../../../admin',
  '/api/shop/products/1/%2e%2e%2f%2e%2e%2fadmin',
  '/api/shop/./admin',
  '/api/shop/products/..',
  '/api/shop/products/.',
  '/./api/shop/products/1',
  '/x/../api/shop/products/1',
  '/API/shop/products/1',
  '/api/shop/admin',
  '/api/shop/admin?/products/1',
  '/api/shop/admin%3F/products/1',
  '/api/shop/admin%23/products/1',
  '/api/shop/products/%c0%ae%c0%ae/admin',
  'http://evil.example/api/shop/products/1',
  'https://evil.example/api/shop/products/1',
  '//evil.example/api/shop/products/1',
  '/\\evil.example/api/shop/products/1',
  '/api/shop@evil.example/products/1',
  '/api/shop/products/1#/../admin',
  '/api/shop/products/\t/admin',
  'api/shop/products/1',
  '*',
]

describe('HTTP-02 HTTP-03 C2 what is allowed is what is sent', () => {
  test.each(TARGETS)('%j', async (target) => {
    const before = kit.upstream.requests.length
    const answer = await kit.call('GET', target, { cookie })
    const arrived = kit.upstream.requests.slice(before)
    if (answer.status === 200) {
      // What passes may only be a product, spelled as it was judged, at the upstream's own authority.
      expect(arrived).toHaveLength(1)
      expect(arrived[0]?.target).toMatch(/^\/v1\/products\/[A-Za-z0-9%_~-]+(?:\/[A-Za-z0-9%_~-]+)*$/)
      expect(arrived[0]?.target).not.toMatch(/%2e|%2f|%5c|%25/i)
      expect(arrived[0]?.header('host')).toBe(new URL(kit.upstream.origin).host)
    } else {
      expect([400, 404, 405, 421]).toContain(answer.status)
      expect(arrived).toHaveLength(0)
    }
  })

  test('a query is no part of the path, and passes as it came', async () => {
    const before = kit.upstream.requests.length
    const answer = await kit.call('GET', '/api/shop/products/1?next=/../admin&a=%2F..%2F&a=2', { cookie })
    expect(answer.status).toBe(200)
    expect(kit.upstream.requests[before]?.target).toBe('/v1/products/1?next=/../admin&a=%2F..%2F&a=2')
  })

  test('neither Host nor a forwarded host steers where a request goes', async () => {
    const before = kit.upstream.requests.length
    for (const [name, value] of [
      ['x-forwarded-host', 'evil.example'],
      ['x-original-url', '/v1/admin'],
      ['x-rewrite-url', '/v1/admin'],
      ['x-forwarded-prefix', '/admin'],
    ] as const) {
      await kit.call('GET', '/api/shop/products/1', { cookie, headers: [[name, value]] })
    }
    const arrived = kit.upstream.requests.slice(before)
    expect(arrived.map(({ target }) => target)).toEqual(Array.from({ length: 4 }, () => '/v1/products/1'))
    for (const request of arrived) {
      expect(request.header('host')).toBe(new URL(kit.upstream.origin).host)
      expect(request.head.toString()).not.toContain('evil.example')
      expect(request.head.toString()).not.toContain('admin')
    }
    expect((await kit.call('GET', '/api/shop/products/1', { cookie, host: 'evil.example' })).status).toBe(421)
  })
})
