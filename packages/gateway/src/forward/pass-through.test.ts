import { afterEach, describe, expect, test } from 'vitest'
import { collect, read, requestBody } from '../../test/bodies.ts'
import { gate } from '../../test/upstream.ts'
import { codeOf, linesOf, SECRET, startWay, type Way, type WayOptions } from '../../test/way-kit.ts'
import type { BodySource, Departure } from '../answer.ts'
import { GateError } from '../errors.ts'

let ways: Way[] = []
afterEach(async () => {
  await Promise.all(ways.map((way) => way.close()))
  ways = []
})

async function start(options: WayOptions = {}): Promise<Way> {
  const way = await startWay(options)
  ways.push(way)
  return way
}

const streamed = (body: unknown): BodySource => {
  expect(body).toHaveProperty('start')
  return body as BodySource
}

describe('the way out', () => {
  test('HTTP-11 HDR-15 the upstream sees who forwards and which request it is, whatever the visitor said', async () => {
    const { upstream, read } = await start()
    await read({
      headers: [
        ['via', '1.1 evil'],
        ['x-request-id', 'evil'],
      ],
    })
    expect(upstream.requests[0]?.header('via')).toBe('1.1 cloakroom')
    expect(upstream.requests[0]?.header('x-request-id')).toBe('request-1')
    expect(upstream.requests[0]?.header('user-agent')).toBe('cloakroom')
  })

  test('HDR-03 COO-13 HDR-01 only allowed fields go out', async () => {
    const { upstream, read } = await start()
    await read({
      headers: [
        ['accept', 'application/json'],
        ['x-foo', 'bar'],
        ['cookie', '__Host-Http-session=abc'],
        ['x-forwarded-for', '1.2.3.4'],
        ['origin', 'https://shop.example'],
        ['referer', 'https://shop.example/'],
      ],
    })
    expect(upstream.requests[0]?.headers.map(([name]) => name)).toEqual([
      'host',
      'connection',
      'accept',
      'accept-encoding',
      'user-agent',
      'via',
      'x-request-id',
      'authorization',
    ])
  })

  test('HTTP-26 conditions and ranges go out', async () => {
    const { upstream, read } = await start({ upstream: { script: [{ status: 304, headers: [['etag', '"a"']] }] } })
    const answer = await read({
      headers: [
        ['if-none-match', '"a"'],
        ['range', 'bytes=0-9'],
        ['if-range', '"a"'],
      ],
    })
    expect(upstream.requests[0]?.header('if-none-match')).toBe('"a"')
    expect(upstream.requests[0]?.header('range')).toBe('bytes=0-9')
    expect([answer.status, linesOf(answer, 'etag')]).toEqual([304, ['"a"']])
  })

  test.each(['GET', 'HEAD'])('HTTP-14 %s with a body is refused, and nothing is sent', async (method) => {
    const way = await start()
    expect((await way.read({ method, body: requestBody(['x'], 1) })).status).toBe('bad_request')
    expect((await way.read({ method, body: requestBody(['x']) })).status).toBe('bad_request')
    expect([way.upstream.connections, way.opened]).toEqual([0, 0])
  })

  test('an API without a credential asks the vault for nothing', async () => {
    const way = await start({ secret: null })
    expect((await way.read({ headers: [['accept-encoding', 'br']] })).status).toBe(200)
    expect(way.opened).toBe(0)
    expect(way.upstream.requests[0]?.header('authorization')).toBeNull()
    expect(way.upstream.requests[0]?.header('accept-encoding')).toBe('br')
  })

  test('HTTP-18 a body that is too large is refused and the credential given back', async () => {
    const limits = {
      requestBytes: 3,
      responseBytes: null,
      connectMs: 1000,
      headMs: 1000,
      idleMs: 1000,
      connections: 1024,
      messageBytes: 1000,
    }
    const way = await start({ api: { limits } })
    expect((await way.read({ method: 'POST', body: requestBody(['abcd'], 4) })).status).toBe('body_too_large')
    expect([way.upstream.connections, way.opened, way.released]).toEqual([0, 1, 1])
  })
})

describe('the way back', () => {
  test('CSRF-16 HDR-15 an answer carries our own fields, and is not stored', async () => {
    const { read } = await start({
      upstream: {
        script: [
          {
            headers: [
              ['cache-control', 'public, max-age=60'],
              ['expires', 'x'],
              ['age', '3'],
            ],
            body: 'x',
          },
        ],
      },
    })
    const answer = await read()
    expect(linesOf(answer, 'cache-control')).toEqual(['no-store'])
    expect(linesOf(answer, 'x-request-id')).toEqual(['request-1'])
    expect(linesOf(answer, 'x-content-type-options')).toEqual(['nosniff'])
    expect([linesOf(answer, 'expires'), linesOf(answer, 'age')]).toEqual([[], []])
  })

  test.each([
    [null, 'private, no-cache'],
    ['max-age=60', 'private, max-age=60'],
    ['public, max-age=60', 'public, max-age=60'],
    ['s-maxage=5', 's-maxage=5'],
    ['no-store', 'no-store'],
  ])('a public route keeps what the upstream says of caching: %j becomes %j', async (said, expected) => {
    const { read } = await start({
      api: { access: { kind: 'public' } },
      upstream: { script: [{ headers: said === null ? [] : [['cache-control', said]], body: 'x' }] },
    })
    expect(linesOf(await read(), 'cache-control')).toEqual([expected])
  })

  test('a public answer that sets a cookie is not stored', async () => {
    const { read } = await start({
      api: { access: { kind: 'public' }, cookies: ['theme'] },
      upstream: {
        script: [
          {
            headers: [
              ['cache-control', 'public'],
              ['set-cookie', 'theme=dark'],
            ],
            body: 'x',
          },
        ],
      },
    })
    expect(linesOf(await read(), 'cache-control')).toEqual(['no-store'])
  })

  test('CSRF-13 an allowed origin may read the answer, and no other', async () => {
    const { read } = await start({ policy: { allowedOrigins: ['https://app.example'] } })
    const allowed = await read({ headers: [['origin', 'https://app.example']] })
    expect(linesOf(allowed, 'access-control-allow-origin')).toEqual(['https://app.example'])
    expect(linesOf(allowed, 'access-control-allow-credentials')).toEqual(['true'])
    expect(linesOf(allowed, 'vary').join(', ')).toContain('Origin')
    for (const origin of [
      'https://app.example.evil',
      'http://app.example',
      'https://app.example:444',
      'null',
      'https://shop.example',
      'HTTPS://APP.EXAMPLE',
    ]) {
      expect(linesOf(await read({ headers: [['origin', origin]] }), 'access-control-allow-origin')).toEqual([])
    }
  })

  test('HTTP-09 what the upstream says of its connection stays there', async () => {
    const { read } = await start({
      upstream: {
        script: [
          {
            headers: [
              ['connection', 'close, x-internal'],
              ['x-internal', '1'],
              ['keep-alive', 'timeout=5'],
              ['x-other', '2'],
            ],
            body: 'x',
          },
        ],
      },
    })
    const answer = await read()
    expect(answer.headers.map(([name]) => name)).not.toEqual(expect.arrayContaining(['connection']))
    expect([linesOf(answer, 'x-internal'), linesOf(answer, 'keep-alive'), linesOf(answer, 'x-other')]).toEqual([[], [], ['2']])
  })

  test('HTTP-14 the length is the body’s own affair: none of the upstream’s framing fields comes through', async () => {
    const { pass } = await start({
      upstream: {
        script: [
          { headers: [['trailer', 'x']], body: 'four' },
          { body: ['four'], framing: 'chunked' },
        ],
      },
    })
    for (let turn = 0; turn < 2; turn++) {
      const { headers, body } = await pass()
      expect(headers.filter(([name]) => /^(?:content-length|transfer-encoding|trailer)$/.test(name))).toEqual([])
      expect((await collect(body)).toString()).toBe('four')
    }
  })

  test('HTTP-26 a small answer is whole before its head goes out, a long one flows, and a slow reader holds it back', async () => {
    const long = 8 * 1024 * 1024
    const { pass } = await start({ upstream: { script: [{ body: 'small' }, { body: Buffer.alloc(long, 'x') }] } })
    expect((await pass()).body).toEqual(Buffer.from('small'))
    const body = streamed((await pass()).body)
    expect(body.length).toBe(long)
    const reader = read(body, () => false)
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(reader.bytes).toBeLessThan(256 * 1024)
    while (!reader.ended) {
      body.resume()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(reader.bytes).toBe(long)
  })

  test('HTTP-26 an event reaches the visitor before the next one exists, with the guard on', async () => {
    const held = gate()
    for (const onLeak of ['redact', 'withhold'] as const) {
      const { pass } = await start({
        api: { onLeak },
        upstream: { script: [{ headers: [['content-type', 'text/event-stream']], body: ['data: one\n\n', held, 'data: two\n\n'] }] },
      })
      const reader = read(streamed((await pass()).body))
      await reader.until(() => reader.bytes > 0)
      expect(Buffer.concat(reader.chunks).toString()).toBe('data: one\n\n')
    }
    held.open()
  })

  test('HTTP-26 HEAD tells the length that GET would have, and has no body', async () => {
    const { pass } = await start({ upstream: { script: [{ headers: [['content-length', '123']], framing: 'none' }] } })
    const { body } = await pass({ method: 'HEAD' })
    expect(streamed(body).length).toBe(123)
    expect((await collect(body)).length).toBe(0)
  })

  test('HTTP-19 a redirect into the upstream comes back as the public path', async () => {
    const { upstream, read } = await start({ upstream: { script: [{ status: 302, headers: [['location', '/v1/y?z=1#f']] }] } })
    const answer = await read()
    expect([answer.status, linesOf(answer, 'location')]).toEqual([302, ['/api/shop/y?z=1#f']])
    expect(upstream.requests).toHaveLength(1)
  })

  test('HTTP-20 an upstream that fails is audited, and nothing is told about it', async () => {
    const way = await start()
    await way.upstream.close()
    const cause = await way.pass().catch((reason: unknown) => reason)
    expect(codeOf(cause)).toBe('upstream_unreachable')
    expect(way.events).toMatchObject([
      { kind: 'upstream.failed', target: 'shop', reason: 'upstream_unreachable', result: 'failed', detail: { cause: 'ECONNREFUSED' } },
    ])
    expect(JSON.stringify(way.events)).not.toContain(SECRET)
  })

  test('HTTP-20 an answer that breaks off in the middle breaks off for the visitor, and is audited', async () => {
    const way = await start({ upstream: { script: [{ body: [Buffer.alloc(200_000, 'x'), 'y'], framing: 'chunked', after: 'keep' }] } })
    const body = streamed((await way.pass()).body)
    body.cancel(new GateError('internal', 'enough'))
    await way.upstream.until(() => way.upstream.openConnections === 0)
    const broken = await start({ upstream: { script: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', after: 'keep' }] } })
    const reader = read(streamed((await broken.pass()).body))
    await reader.until(() => reader.bytes === 4)
    await broken.upstream.close()
    await reader.until(() => reader.failure !== null)
    expect(codeOf(reader.failure)).toBe('upstream_invalid')
    expect(broken.events).toMatchObject([{ kind: 'upstream.failed', reason: 'upstream_invalid' }])
    expect([broken.opened, broken.released]).toEqual([1, 1])
  })

  test('the credential is given back exactly once, however the request ends', async () => {
    const held = gate()
    const way = await start({
      upstream: {
        script: [
          { body: 'x' },
          { status: 204 },
          { status: 302, headers: [['location', 'https://evil.example/']] },
          'hang',
          { body: ['x', held] },
        ],
      },
    })
    await way.read()
    expect(way.released).toBe(1)
    await way.read()
    expect(way.released).toBe(2)
    expect((await way.read()).status).toBe('upstream_redirect')
    expect(way.released).toBe(3)
    const departure: Departure = { gone: false, onGone: null }
    const waiting = way.read({ departure })
    await way.upstream.until(() => way.upstream.requests.length === 4)
    departure.onGone?.()
    expect((await waiting).status).toBe('bad_request')
    expect(way.released).toBe(4)
    const body = streamed((await way.pass()).body)
    expect(way.released).toBe(4)
    body.cancel(new GateError('bad_request', 'gone'))
    expect([way.opened, way.released]).toEqual([5, 5])
    await way.upstream.until(() => way.upstream.openConnections === 0)
  })
})
