import { resolve } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, exchange, readAnswer } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'

const NAVIGATION = [
  ['sec-fetch-site', 'none'],
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
  ['accept', 'text/html'],
] as const
const HSTS = 'max-age=31536000; includeSubDomains'

const SITE = resolve(import.meta.dirname, '../../demo/site')

let kit: Kit
let cookie = ''
beforeAll(async () => {
  kit = await startKit({
    https: true,
    config: { site: SITE, shop: { onLeak: 'withhold' } },
    upstream: {
      script: (request) => (request.target.endsWith('/leak') ? { body: request.header('authorization') ?? '' } : { body: 'fine' }),
    },
  })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

/** To the plain listener, as somebody who typed http://. */
const plainly = (method: string, path: string, headers: readonly (readonly [string, string])[] = []) =>
  call(kit.running.redirectPort ?? 0, method, path, { host: new URL(kit.origin).host, cookie, headers })

test('the whole gateway over HTTPS: signed in, the API answers', async () => {
  expect(kit.origin).toMatch(/^https:\/\/localhost:\d+$/)
  expect((await kit.call('GET', '/api/shop/products', { cookie })).text).toBe('fine')
})

describe('HDR-04 Strict-Transport-Security is on every answer over HTTPS', () => {
  test.each([
    [200, 'GET', '/api/shop/products', true],
    [200, 'GET', '/auth/login', false],
    [200, 'GET', '/', false],
    [304, 'GET', '/', false],
    [401, 'GET', '/api/shop/products', false],
    [404, 'GET', '/auth/nothing', false],
    [404, 'GET', '/nothing.js', false],
    [405, 'DELETE', '/api/shop/orders', true],
    [405, 'TRACE', '/', false],
    [204, 'OPTIONS', '/api/shop/orders', false],
    [204, 'POST', '/auth/logout', false],
    [502, 'GET', '/api/shop/leak', true],
    [400, 'GET', '/api//shop', true],
    [414, 'GET', `/${'x'.repeat(9000)}`, true],
  ] as const)('answer %#: %i to %s', async (status, method, path, signedIn) => {
    const etag = status === 304 ? (await kit.call('GET', path)).header('etag') : null
    const answer = await kit.call(method, path, {
      ...(signedIn ? { cookie } : {}),
      ...(etag === null ? {} : { headers: [['if-none-match', etag]] }),
    })
    expect([answer.status, answer.all('strict-transport-security')]).toEqual([status, [HSTS]])
  })

  test.each([
    ['no request at all', 400, 'what is this\r\n\r\n'],
    ['fields without an end', 431, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`],
    ['a tunnel', 405, 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['another protocol', 400, 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ])('bytes that never became a request: %s', async (_what, status, bytes) => {
    const answer = readAnswer(await exchange(kit.running.port, Buffer.from(bytes), kit.authority))
    expect([answer.status, answer.all('strict-transport-security')]).toEqual([status, [HSTS]])
  })

  test('and on none over plain HTTP (RFC 6797 §7.2)', async () => {
    for (const path of ['/', '/api//shop']) expect((await plainly('GET', path)).header('strict-transport-security')).toBeNull()
  })
})

describe('TLS-02 COO-15 CSRF-20 over plain HTTP', () => {
  test.each(['GET', 'HEAD'])('a person’s %s is led to the same page over HTTPS, and no cookie is set', async (method) => {
    const answer = await plainly(method, '/auth/login?next=%2F', NAVIGATION)
    expect([answer.status, answer.header('location'), answer.header('set-cookie')]).toEqual([
      308,
      `${kit.origin}/auth/login?next=%2F`,
      null,
    ])
  })
  test.each([
    ['GET', '/api/shop/products'],
    ['POST', '/api/shop/orders'],
    ['POST', '/auth/login'],
    ['POST', '/auth/logout'],
    ['GET', '/auth/session'],
    ['GET', '/style.css'],
  ])('%s %s is refused, cookie or not', async (method, path) => {
    const before = kit.upstream.requests.length
    const answer = await plainly(method, path)
    expect([answer.status, answer.header('cloakroom-error'), answer.header('set-cookie')]).toEqual([403, 'plain_http', null])
    expect(kit.upstream.requests.length).toBe(before)
    expect((await kit.call('GET', '/auth/session?passive=1', { cookie })).text).toContain('"active":true')
  })
  test('not even a form of a person signs in', async () => {
    const answer = await plainly('POST', '/auth/login', NAVIGATION)
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([403, 'plain_http'])
  })
})

describe('TLS-06 one name', () => {
  test.each(['other.example', '127.0.0.1', `localhost.evil.example:1`])(
    'the right connection with Host: %s is misdirected',
    async (host) => {
      const answer = await kit.call('GET', '/api/shop/products', { cookie, host })
      expect([answer.status, answer.header('cloakroom-error')]).toEqual([421, 'misdirected'])
    },
  )
  test('a server name that the certificate does not hold gets no certificate that verifies', async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect({ port: kit.running.port, host: '127.0.0.1', servername: 'other.example', ca: kit.authority ?? '' }, () =>
        resolve('connected'),
      )
      socket.on('error', (cause: NodeJS.ErrnoException) => resolve(cause.code ?? 'failed'))
      socket.on('close', () => socket.destroy())
    })
    expect(outcome).not.toBe('connected')
  })
})

test('COO-01 COO-02 COO-03 COO-04 COO-05 COO-06 COO-09 SES-24 every cookie of the gateway is bound to this origin, and the session to this sitting', async () => {
  const answer = await kit.call('POST', '/auth/login', { json: { account: 'ada', password: 'correct horse battery staple' } })
  const lines = answer.all('set-cookie')
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) {
    expect(line).toMatch(/^__Host-(?:Http-)?[a-z]+=[A-Za-z0-9_.-]+;/)
    expect(line).toMatch(/; Secure(?:;|$)/)
    expect(line).toMatch(/; HttpOnly(?:;|$)/)
    expect(line).toMatch(/; SameSite=(?:Strict|Lax)(?:;|$)/)
    expect(line).toMatch(/; Path=\/(?:;|$)/)
    expect(line).not.toMatch(/domain/i)
    expect(Number(/Max-Age=(\d+)/.exec(line)?.[1] ?? 0)).toBeLessThanOrEqual(400 * 86_400)
    expect(line.length).toBeLessThan(1024)
  }
  const session = lines.find((line) => line.startsWith('__Host-Http-session='))
  expect(session).toMatch(/; SameSite=Strict(?:;|$)/)
  expect(session).not.toMatch(/Max-Age|Expires/i)
})
