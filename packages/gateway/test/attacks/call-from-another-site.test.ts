import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

const PARTNER = 'https://partner.example'
const ORDERS = '/api/shop/orders'

let kit: Kit
let cookie = ''
let before = 0
beforeAll(async () => {
  kit = await startKit({
    config: { allowedOrigins: [PARTNER] },
    upstream: {
      script: [
        {
          headers: [
            ['access-control-allow-origin', '*'],
            ['access-control-allow-credentials', 'true'],
          ],
          body: 'fine',
        },
      ],
    },
  })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())
beforeEach(() => {
  before = kit.upstream.requests.length
})

type Fields = readonly (readonly [string, string])[]
const post = (headers: Fields, more: { readonly body?: string; readonly cookie?: string } = {}) =>
  kit.call('POST', ORDERS, { from: 'none', cookie, headers, ...more })
const passed = (): boolean => kit.upstream.requests.length > before

describe('CSRF-01 CSRF-02 what Sec-Fetch-Site says', () => {
  test.each([
    ['same-origin', 200],
    ['none', 200],
    ['cross-site', 403],
    ['same-site', 403],
    ['Same-Origin', 403],
    ['garbage', 403],
    ['', 403],
  ])('%j: %i', async (site, status) => {
    const answer = await post([['sec-fetch-site', site]])
    expect([answer.status, answer.header('cloakroom-error'), passed()]).toEqual([
      status,
      status === 403 ? 'cross_site' : null,
      status === 200,
    ])
  })
  test('said twice, it is not believed', async () => {
    expect(
      (
        await post([
          ['sec-fetch-site', 'same-origin'],
          ['sec-fetch-site', 'same-origin'],
        ])
      ).status,
    ).toBe(403)
    expect(passed()).toBe(false)
  })
  test('nor is a read, nor with the field that stands in for it: what says two things says neither', async () => {
    const twice = [
      ['sec-fetch-site', 'same-origin'],
      ['sec-fetch-site', 'cross-site'],
    ] as const
    const read = await kit.call('GET', '/api/shop/products', { from: 'none', cookie, headers: twice })
    expect([read.status, passed()]).toEqual([403, false])
    expect([(await post([...twice, ['x-csrf', '1']])).status, passed()]).toEqual([403, false])
  })
  test('a read is judged as a write is: an answer of the API is for our pages', async () => {
    const answer = await kit.call('GET', '/api/shop/products', { from: 'none', cookie, headers: [['sec-fetch-site', 'cross-site']] })
    expect([answer.status, passed()]).toEqual([403, false])
  })
})

describe('CSRF-03 without it the Origin decides, whole: scheme, host and port', () => {
  const others = (): readonly string[] => {
    const { port } = new URL(kit.origin)
    return [
      'https://evil.example',
      `https://localhost:${port}`,
      `http://localhost:${Number(port) + 1}`,
      'http://localhost',
      'null',
      `${kit.origin}.evil.example`,
      `${kit.origin}/`,
      kit.origin.toUpperCase(),
      `${kit.origin} ${kit.origin}`,
      '',
    ]
  }
  test('another origin is refused, however near', async () => {
    for (const origin of others()) expect([origin, (await post([['origin', origin]])).status]).toEqual([origin, 403])
    expect(passed()).toBe(false)
  })
  test('our own passes', async () => {
    expect((await post([['origin', kit.origin]])).status).toBe(200)
  })
  test('both must agree', async () => {
    expect(
      (
        await post([
          ['sec-fetch-site', 'same-origin'],
          ['origin', 'https://evil.example'],
        ])
      ).status,
    ).toBe(403)
    expect(passed()).toBe(false)
  })
})

describe('CSRF-04 CSRF-05 with neither, the call must carry X-CSRF: 1', () => {
  test.each([
    [[], 403],
    [[['x-csrf', '0']], 403],
    [[['x-csrf', '']], 403],
    [[['x_csrf', '1']], 403],
    [[['x-csrf', '1']], 200],
  ] as readonly [Fields, number][])('%j: %i', async (fields, status) => {
    const answer = await post(fields)
    expect([answer.status, answer.header('cloakroom-error'), passed()]).toEqual([
      status,
      status === 403 ? 'csrf_header_missing' : null,
      status === 200,
    ])
  })
})

test('CSRF-06 the field opens nothing to another site, and no endpoint of ours is exempt', async () => {
  const foreign: Fields = [
    ['sec-fetch-site', 'cross-site'],
    ['x-csrf', '1'],
  ]
  for (const [method, path] of [
    ['POST', ORDERS],
    ['POST', '/auth/login'],
    ['POST', '/auth/logout'],
    ['POST', '/auth/password'],
    ['POST', '/auth/visit'],
    ['GET', '/auth/session'],
  ] as const) {
    const answer = await kit.call(method, path, { from: 'none', cookie, headers: foreign })
    expect([path, answer.status, answer.header('cloakroom-error'), answer.header('set-cookie')]).toEqual([path, 403, 'cross_site', null])
  }
  expect((await kit.call('GET', '/auth/session?passive=1', { cookie })).text).toContain('"active":true')
})

describe('CSRF-07 no content type that a form can send is a way round', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json; text/plain', ''])(
    '%j',
    async (type) => {
      const body = '{"product":"tea","grams":100}'
      for (const proof of [[], [['sec-fetch-site', 'cross-site']], [['origin', 'null']]] as readonly Fields[]) {
        expect((await post([...proof, ['content-type', type]], { body })).status).toBe(403)
        expect((await post(proof)).status).toBe(403)
      }
      expect(passed()).toBe(false)
    },
  )
})

describe('CSRF-11 CSRF-14 a preflight is answered here', () => {
  const preflight = (origin: string) =>
    kit.call('OPTIONS', ORDERS, {
      from: 'none',
      headers: [
        ['origin', origin],
        ['access-control-request-method', 'POST'],
        ['access-control-request-headers', 'content-type,x-csrf'],
      ],
    })
  test('no other origin learns anything, and the API hears nothing', async () => {
    const { host } = new URL(kit.origin)
    for (const origin of [
      'https://evil.example',
      'null',
      `https://${host}.evil.example`,
      `${PARTNER}.evil.example`,
      `${PARTNER}:444`,
      'http://partner.example',
      'https://Partner.example',
      `${PARTNER}/`,
    ]) {
      const answer = await preflight(origin)
      expect([
        origin,
        answer.status,
        answer.headers.filter(([name]) => name.startsWith('access-control-')),
        answer.header('set-cookie'),
      ]).toEqual([origin, 204, [], null])
    }
    expect(passed()).toBe(false)
    expect(await kit.stores.sessions.listAll(100)).toHaveLength(1)
  })
  test('CSRF-13 the origin that the owner named may call, by its exact name, and caches can tell', async () => {
    const answer = await preflight(PARTNER)
    expect([answer.status, answer.header('access-control-allow-origin'), answer.header('access-control-allow-credentials')]).toEqual([
      204,
      PARTNER,
      'true',
    ])
    expect(answer.header('access-control-allow-methods')?.split(', ')).toContain('POST')
    expect(answer.header('vary')).toContain('Origin')
    expect(passed()).toBe(false)
    const called = await post([
      ['origin', PARTNER],
      ['sec-fetch-site', 'cross-site'],
    ])
    expect([called.status, called.all('access-control-allow-origin'), called.header('vary')?.includes('Origin')]).toEqual([
      200,
      [PARTNER],
      true,
    ])
  })
  test('CSRF-12 what the API says about other origins ends here', async () => {
    const answer = await kit.call('GET', '/api/shop/products', { cookie })
    expect([answer.status, answer.headers.filter(([name]) => name.startsWith('access-control-'))]).toEqual([200, []])
  })
})

describe('CSRF-15 an API answers scripts: nothing loads it as something else', () => {
  test.each(['document', 'iframe', 'image', 'script', 'style', 'embed', 'object', 'worker', 'serviceworker', 'nonsense'])(
    'Sec-Fetch-Dest: %s',
    async (destination) => {
      const answer = await kit.call('GET', '/api/shop/products', { cookie, headers: [['sec-fetch-dest', destination]] })
      expect([answer.status, answer.header('cloakroom-error'), passed()]).toEqual([403, 'destination_refused', false])
    },
  )
  test('HDR-13 nor a service worker', async () => {
    const answer = await kit.call('GET', '/api/shop/products', { cookie, headers: [['service-worker', 'script']] })
    expect([answer.status, passed()]).toEqual([403, false])
  })
})

test('CSRF-16 every answer says what it depends on', async () => {
  for (const [method, path] of [
    ['GET', '/api/shop/products'],
    ['GET', '/auth/session'],
    ['GET', '/auth/login'],
    ['GET', '/nothing'],
    ['OPTIONS', ORDERS],
  ] as const) {
    const answer = await kit.call(method, path, { cookie })
    expect([path, answer.header('vary')]).toEqual([path, expect.stringMatching(/Sec-Fetch-Site.*Origin.*Cookie/i)])
    expect(answer.header('cache-control')).toContain('no-store')
  }
})

test('RATE-10 no address and no field about it stands in for a session', async () => {
  for (const field of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'client-ip', 'true-client-ip', 'x-forwarded-user', 'x-remote-user']) {
    for (const value of ['127.0.0.1', '::1', 'for=127.0.0.1', 'ada']) {
      const answer = await kit.call('GET', '/api/shop/products', { headers: [[field, value]] })
      expect([field, answer.status]).toEqual([field, 401])
    }
  }
  expect(passed()).toBe(false)
})
