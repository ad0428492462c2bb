import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { call } from '../call.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'
import { gate } from '../upstream.ts'

const PATH = '/api/shop/products'
let kit: Kit
let open: Kit | null = null
afterEach(async () => {
  await open?.close()
  open = null
})
async function start(options: KitOptions = {}): Promise<string> {
  kit = open = await startKit(options)
  return await kit.signIn()
}

describe('HTTP-01 HTTP-17 the list of what is allowed', () => {
  test.each([
    ['GET', '/api/shop/products', 200, null],
    ['POST', '/api/shop/orders', 200, null],
    ['POST', '/api/shop/products', 405, 'GET, HEAD, OPTIONS'],
    ['DELETE', '/api/shop/orders', 405, 'GET, HEAD, POST, OPTIONS'],
    ['PATCH', '/api/shop/products', 405, 'GET, HEAD, OPTIONS'],
    ['PROPFIND', '/api/shop/products', 405, 'GET, HEAD, OPTIONS'],
    ['TRACE', '/api/shop/products', 405, 'GET, HEAD, OPTIONS'],
    ['GET', '/api/shopping', 404, null],
    ['GET', '/api/other/x', 404, null],
    ['GET', '/API/shop/products', 404, null],
    ['OPTIONS', '/api/shop/products', 204, 'GET, HEAD, OPTIONS'],
  ])('%s %s: %i', async (method, path, status, allow) => {
    const cookie = await start()
    const answer = await kit.call(method, path, { cookie })
    expect(answer.status).toBe(status)
    if (allow !== null) expect(answer.header('allow')?.split(', ').toSorted()).toEqual(allow.split(', ').toSorted())
    expect(kit.upstream.connections).toBe(status === 200 ? 1 : 0)
  })
})

test('HTTP-02 HTTP-03 of forty targets that point elsewhere none reaches anything but the API below its path', async () => {
  const cookie = await start()
  const elsewhere = Array.from(
    { length: 4 },
    (_, at) => ['//evil.example', 'http://evil.example', '/\\evil.example', '/@evil.example'][at] ?? '',
  )
  const ways = [
    '',
    '/api/shop',
    '/api/shop/..',
    '/api/shop/%2e%2e',
    '/api/shop/%252e%252e',
    '/api/shop/..;',
    '/api/shop/%2f%2fevil.example',
    '/api/shop/%5c%5cevil.example',
    '/api/shop/x%0d%0aHost:%20evil.example',
    '/api/shop/../../admin',
  ]
  for (const target of ways.flatMap((way) => elsewhere.map((end) => way + end))) {
    const answer = await call(kit.running.port, 'GET', target, {
      host: new URL(kit.origin).host,
      cookie,
      headers: [['x-forwarded-host', 'evil.example']],
    })
    expect([target, answer.status < 500]).toEqual([target, true])
  }
  for (const request of kit.upstream.requests) {
    expect(request.header('host')).toBe(new URL(kit.upstream.origin).host)
    expect(request.target).toMatch(/^\/v1\/(?!.*(?:\.\.|\/\/|%2f|%5c|%0d|\\))/i)
  }
})

describe('HTTP-13 what the API may have done is not done again', () => {
  test.each([
    ['POST', '/api/shop/orders', 1],
    ['GET', PATH, 2],
  ])('an API that drops %s sees it at most %s %i times', async (method, path, most) => {
    const cookie = await start({ upstream: { script: ['reset'] } })
    const answer = await kit.call(method, path, { cookie, ...(method === 'POST' ? { body: '{}' } : {}) })
    expect(answer.status).toBe(502)
    expect(kit.upstream.requests.length).toBeGreaterThan(0)
    expect(kit.upstream.requests.length).toBeLessThanOrEqual(most)
  })
})

test('HTTP-18 the limits: target, fields and body', async () => {
  const cookie = await start({ config: { limits: { url: '1KiB', headers: '8KiB' }, shop: { limits: { requestBody: '1KiB' } } } })
  expect((await kit.call('GET', `${PATH}?${'x'.repeat(1024)}`, { cookie })).status).toBe(414)
  expect((await kit.call('GET', PATH, { cookie, headers: [['x-y', 'z'.repeat(9000)]] })).status).toBe(431)
  expect((await kit.call('GET', PATH, { cookie, headers: Array.from({ length: 120 }, (_, at) => [`x-${at}`, 'y'] as const) })).status).toBe(
    431,
  )
  expect((await kit.call('POST', '/api/shop/orders', { cookie, body: 'x'.repeat(1025) })).status).toBe(413)
  expect((await kit.call('POST', '/api/shop/orders', { cookie, body: 'x'.repeat(1024) })).status).toBe(200)
  expect(kit.upstream.requests).toHaveLength(1)
})

test('HTTP-18 a visitor who sends his request too slowly is cut off', async () => {
  await start({ config: { limits: { headTimeout: '1s' } } })
  const answered = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect(kit.running.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nx-slow: '))
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('close', () => resolve(text))
  })
  expect(answered).toMatch(/^HTTP\/1\.1 408 /)
  expect(answered).toContain('cloakroom-error: request_timeout')
})

test('HTTP-19 VLT-14 a redirect of the API is not followed: inside it becomes the public path, elsewhere it ends here', async () => {
  const foreign = await startKit()
  const cookie = await start({
    upstream: {
      script: (request) => ({
        status: 302,
        headers: [
          [
            'location',
            request.target.endsWith('/inside')
              ? '/v1/there?x=1'
              : request.target.endsWith('/foreign')
                ? `${foreign.upstream.origin}/take`
                : 'http://10.0.0.1/admin',
          ],
        ],
      }),
    },
  })
  const inside = await kit.call('GET', '/api/shop/inside', { cookie })
  expect([inside.status, inside.header('location')]).toEqual([302, '/api/shop/there?x=1'])
  for (const path of ['/api/shop/foreign', '/api/shop/internal']) {
    const answer = await kit.call('GET', path, { cookie })
    expect([answer.status, answer.header('cloakroom-error'), answer.header('location')]).toEqual([502, 'upstream_redirect', null])
    expect(answer.raw.toString()).not.toContain('10.0.0.1')
  }
  expect(foreign.upstream.connections).toBe(0)
  await foreign.close()
})

test('HTTP-26 an event stream passes as it comes: the first event is there while the API still holds the second', async () => {
  const second = gate()
  const cookie = await start({
    upstream: { script: [{ headers: [['content-type', 'text/event-stream']], body: ['data: one\n\n', second, 'data: two\n\n'] }] },
  })
  const got = await new Promise<readonly string[]>((resolve) => {
    const pieces: string[] = []
    const socket = connect(kit.running.port, '127.0.0.1', () =>
      socket.write(
        `GET ${PATH} HTTP/1.1\r\nHost: ${new URL(kit.origin).host}\r\nSec-Fetch-Site: same-origin\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
      ),
    )
    socket.on('data', (chunk: Buffer) => {
      pieces.push(chunk.toString())
      if (pieces.join('').includes('data: one')) {
        if (!pieces.join('').includes('data: two')) pieces.push('[second let go]')
        second.open()
      }
    })
    socket.on('close', () => resolve(pieces))
  })
  const text = got.join('')
  expect(text.indexOf('data: one')).toBeLessThan(text.indexOf('[second let go]'))
  expect(text.indexOf('[second let go]')).toBeLessThan(text.indexOf('data: two'))
})

describe('VLT-07 VLT-06 an API that says the secret, with `onLeak: withhold`', () => {
  const told = (secret: string): readonly (readonly [string, string | Buffer])[] => [
    ['raw', secret],
    ['json', JSON.stringify({ key: secret })],
    ['percent', encodeURIComponent(secret)],
    ['base64', Buffer.from(`x${secret}`).toString('base64')],
    ['hex', Buffer.from(secret).toString('hex')],
  ]
  test('nobody reads it: 502 answer_withheld, and the audit trail says so once per call', async () => {
    const cookie = await start({
      config: { shop: { onLeak: 'withhold' } },
      upstream: { script: (request, at) => ({ body: told(request.header('authorization')?.slice(7) ?? '')[at]?.[1] ?? 'fine' }) },
    })
    for (const [form] of told('')) {
      const answer = await kit.call('GET', PATH, { cookie })
      expect([form, answer.status, answer.header('cloakroom-error')]).toEqual([form, 502, 'answer_withheld'])
    }
    expect((await kit.call('GET', PATH, { cookie })).text).toBe('fine')
    await expect
      .poll(() => kit.auditLines().filter(({ kind }) => kind === 'secret.reflected').length, { interval: 20, timeout: 5000 })
      .toBe(5)
    expect(kit.auditLines().find(({ kind }) => kind === 'secret.reflected')).toMatchObject({
      target: 'shop-key',
      result: 'refused',
      reason: 'answer_withheld',
    })
  })
})
