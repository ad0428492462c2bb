import { afterEach, describe, expect, test } from 'vitest'
import type { HeaderField } from '../../src/decide/headers.ts'
import { SECRET, startWay, type Way, type WayOptions } from '../way-kit.ts'

let way: Way
afterEach(() => way.close())

async function start(options: WayOptions = {}): Promise<Way> {
  way = await startWay(options)
  return way
}

const NAMES = [
  'authorization',
  'Authorization',
  'AUTHORIZATION',
  'aUtHoRiZaTiOn',
  'proxy-authorization',
  'x-api-key',
  'X_API_KEY',
  'x_api-key',
  'api-key',
  'apikey',
  'x-auth-token',
  'x-access-token',
  'cookie',
  'cookie2',
  'x-goog-api-key',
  'private-token',
  'x-amz-security-token',
]

describe('a visitor’s own credential does not reach the upstream', () => {
  test('VLT-10 C3 in whatever spelling, as often as he likes', async () => {
    const { read, upstream } = await start()
    await read({
      headers: NAMES.flatMap((name): HeaderField[] => [
        [name, `Bearer evil`],
        [name, 'evil'],
      ]),
    })
    expect(upstream.requests[0]?.head.toString()).not.toContain('evil')
    expect(upstream.requests[0]?.all('authorization')).toEqual([`Bearer ${SECRET}`])
  })

  test('VLT-10 even when the configuration carries such fields', async () => {
    const { read, upstream } = await start({ api: { carry: NAMES.map((name) => name.toLowerCase()) } })
    await read({ headers: NAMES.map((name): HeaderField => [name, 'evil']) })
    expect(upstream.requests[0]?.head.toString()).not.toContain('evil')
  })

  test('VLT-10 C3 a header placement replaces every spelling of its own name', async () => {
    const { read, upstream } = await start({
      placement: { kind: 'header', name: 'x-shop-auth', prefix: 'Key ' },
      api: { carry: ['x-shop-auth', 'x_shop_auth', 'x-shop_auth'] },
    })
    await read({
      headers: [
        ['X-Shop-Auth', 'evil'],
        ['x_shop_auth', 'evil'],
        ['x-shop_auth', 'evil'],
      ],
    })
    expect(upstream.requests[0]?.head.toString()).not.toContain('evil')
    expect(upstream.requests[0]?.all('x-shop-auth')).toEqual([`Key ${SECRET}`])
  })

  test.each([
    'key=evil',
    'KEY=evil',
    'k%65y=evil',
    'key=evil&key=evil',
    'key[]=evil',
    'key%5B%5D=evil',
    'x=1;key=evil',
    'key',
    'k%2565y=evil',
    '+key=evil',
    'key%00=evil',
    'x=1%26key=evil',
  ])('VLT-10 C3 a query placement replaces %j', async (query) => {
    const { read, upstream } = await start({ placement: { kind: 'query', name: 'key' } })
    await read({ query: `a=1&${query}&b=2`, headers: [['authorization', 'Bearer evil']] })
    const { target, head } = upstream.requests[0] ?? expect.unreachable()
    expect(head.toString()).not.toContain('evil')
    expect(target).toBe(`/v1/x?a=1&b=2&key=${encodeURIComponent(SECRET)}`)
    expect(upstream.requests[0]?.header('authorization')).toBeNull()
  })

  test('VLT-10 what Connection names cannot take our credential away', async () => {
    const { read, upstream } = await start()
    await read({ headers: [['connection', 'authorization, via, x-request-id, host, accept-encoding']] })
    expect(upstream.requests[0]?.header('authorization')).toBe(`Bearer ${SECRET}`)
    expect(upstream.requests[0]?.header('via')).toBe('1.1 cloakroom')
  })

  test('VLT-10 basic is placed once, for the user that was sealed', async () => {
    const { read, upstream } = await start({ placement: { kind: 'basic', user: 'ada' } })
    await read({ headers: [['authorization', `Basic ${Buffer.from('evil:evil').toString('base64')}`]] })
    expect(upstream.requests[0]?.all('authorization')).toEqual([`Basic ${Buffer.from(`ada:${SECRET}`).toString('base64')}`])
  })

  test('COO-13 no cookie of the gateway goes upstream', async () => {
    const { read, upstream } = await start({ api: { carry: ['cookie'] } })
    await read({ headers: [['cookie', '__Host-Http-session=abc; __Host-Http-visit=def; theme=dark']] })
    expect(upstream.requests[0]?.header('cookie')).toBeNull()
  })
})
