import { describe, expect, test } from 'vitest'
import { makeApi, makePolicy, makeRoute } from '../../test/fixtures.ts'
import { findRoute, matches, parsePattern } from './route.ts'

const shop = makeApi()
const admin = makeApi({ name: 'admin', prefix: '/api/shop/admin', access: { kind: 'role', role: 'staff' } })
const policy = makePolicy({
  apis: [shop, admin],
  routes: [
    makeRoute(shop, 'GET /products/**'),
    makeRoute(shop, 'POST /orders'),
    makeRoute(shop, 'DELETE /orders/*'),
    makeRoute(admin, '* /**'),
  ],
})

describe('HTTP-01 what no line allows is denied', () => {
  const found = (method: string, path: string) => {
    const result = findRoute(policy, method, path)
    return result.kind === 'route' ? result.route.id : result.kind === 'method' ? result.allow.join(' ') : 'none'
  }
  test.each([
    ['GET', '/api/shop/products', 'shop: GET /products/**'],
    ['GET', '/api/shop/products/', 'shop: GET /products/**'],
    ['HEAD', '/api/shop/products/1', 'shop: GET /products/**'],
    ['POST', '/api/shop/products/1', 'GET, HEAD OPTIONS'],
    ['get', '/api/shop/products/1', 'GET, HEAD OPTIONS'],
    ['POST', '/api/shop/orders', 'shop: POST /orders'],
    ['POST', '/api/shop/orders/', 'none'],
    ['GET', '/api/shop/orders', 'POST OPTIONS'],
    ['DELETE', '/api/shop/orders/7', 'shop: DELETE /orders/*'],
    ['DELETE', '/api/shop/orders/7/x', 'none'],
    ['GET', '/api/shop', 'none'],
    ['GET', '/api/shop/Products/1', 'none'],
    ['GET', '/api/shop/admin/users', 'admin: * /**'],
    ['PATCH', '/api/shop/admin', 'admin: * /**'],
    ['GET', '/api/shop/administration', 'none'],
    ['GET', '/api/shopping/products/1', 'site'],
    ['GET', '/', 'site'],
  ])('%s %s → %s', (method, path, expected) => expect(found(method, path)).toBe(expected))

  test('HTTP-03 a path with an encoded slash is never one of the site, whoever let it in', () => {
    expect(found('GET', '/a%2Fb')).toBe('none')
    expect(found('GET', '/api%2Fshop/products/1')).toBe('none')
  })

  test('without a site, what is no API is nothing', () => {
    expect(findRoute({ ...policy, site: null }, 'GET', '/').kind).toBe('none')
  })
})

test.each([
  '',
  'x',
  '/a*',
  '/**/x',
  '/a//b',
  '/../x',
  '/.',
  '/a%2Fb',
  '/x*%2F*',
  '/*%2F*x',
  '/*%2F*%2F*',
  '/**%2F*',
  '/*%252F*',
  '/*%5C*',
  '/a?b',
  '/a\\b',
  '/a;b',
])('%j is no pattern', (text) => expect(parsePattern(text)).toBeNull())

test.each([
  ['/', '', true],
  ['/', '/', true],
  ['/', '/x', false],
  ['/**', '', true],
  ['/**', '/a/b', true],
  ['/*', '/a', true],
  ['/*', '', false],
  ['/*', '/', false],
  ['/a/*/c', '/a/b/c', true],
  ['/a/*/c', '/a//c', false],
  ['/a/', '/a/', true],
  ['/a/', '/a', false],
  ['/*%2F*', '/a%2Fb', true],
  ['/*%2f*', '/a%2Fb', true],
  ['/*%2F*', '/ab', false],
  ['/*%2F*', '/a%2Fb%2Fc', false],
  ['/*%2F*', '/a/b', false],
  ['/*%2F*', '/a%2Fb/c', false],
  ['/*%2F*/**', '/a%2Fb/c/d', true],
  ['/*%2F*/**', '/a%2Fb/c%2Fd', false],
  ['/*', '/a%2Fb', false],
  ['/**', '/a%2Fb', false],
  ['/**', '/a/b%2Fc', false],
  ['/*/*%2F*', '/a%2Fb/c%2Fd', false],
])('pattern %s, path %s: %s', (pattern, rest, expected) => expect(matches(parsePattern(pattern)!, rest)).toBe(expected))
