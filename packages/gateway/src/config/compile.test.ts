import { describe, expect, test } from 'vitest'
import { findRoute } from '../decide/route.ts'
import { compilePolicy } from './compile.ts'
import { parseConfig } from './load.ts'
import type { Config } from './paths.ts'

function config(value: object): Config {
  const loaded = parseConfig(value, { file: null, folder: '/srv/app', locate: () => null })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

const shop = {
  path: '/api/shop',
  upstream: 'https://API.example.com:443/v1/',
  credential: 'shop-key',
  allow: ['GET /products/**', 'POST /orders'],
  carry: ['Idempotency-Key'],
}

describe('compilePolicy', () => {
  test('HTTP-01 each API has exactly one upstream origin, and its path goes before what follows the prefix', () => {
    const policy = compilePolicy(config({ apis: { shop } }))
    expect(policy.apis[0]).toMatchObject({
      name: 'shop',
      prefix: '/api/shop',
      upstreamOrigin: 'https://api.example.com',
      upstreamPath: '/v1',
      credential: 'shop-key',
      carry: ['idempotency-key'],
    })
  })

  test.each([
    ['GET', '/api/shop/products/7', 'route'],
    ['POST', '/api/shop/orders', 'route'],
    ['POST', '/api/shop/products/7', 'method'],
    ['GET', '/api/shop/accounts', 'none'],
    ['GET', '/api/shopping', 'none'],
  ] as const)('HTTP-01 %s %s is %s', (method, path, kind) => {
    expect(findRoute(compilePolicy(config({ apis: { shop } })), method, path).kind).toBe(kind)
  })

  test.each([
    [{}, 'http://localhost:8080', 'localhost:8080'],
    [{ listen: ':80' }, 'http://localhost', 'localhost'],
    [{ publicUrl: 'https://Shop.Example.com:443/', trustedProxies: ['10.0.0.7'] }, 'https://shop.example.com', 'shop.example.com'],
    [{ tls: { cert: 'c', key: 'k' } }, 'https://localhost:8080', 'localhost:8080'],
  ])('the public origin of %j is %s', (more, origin, host) => {
    expect(compilePolicy(config({ apis: { shop }, ...more }))).toMatchObject({ publicOrigin: origin, publicHost: host })
  })

  test('a port that the system chose becomes part of the origin', () => {
    expect(compilePolicy(config({ apis: { shop }, listen: '127.0.0.1:0' }), 40_123).publicHost).toBe('localhost:40123')
  })

  test('a role is an access of its own', () => {
    expect(
      compilePolicy(config({ apis: { shop: { ...shop, access: { role: 'staff' } } }, site: { folder: 'p', access: 'login' } })),
    ).toMatchObject({
      site: { access: { kind: 'login' } },
      apis: [{ access: { kind: 'role', role: 'staff' } }],
    })
  })
})
