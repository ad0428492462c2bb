import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { collect, read, requestBody } from '../../test/bodies.ts'
import { makeApi } from '../../test/fixtures.ts'
import { gate, startUpstream, type Upstream, type UpstreamOptions } from '../../test/upstream.ts'
import type { Departure, RequestBody } from '../answer.ts'
import type { OutboundHead } from '../decide/outbound.ts'
import type { Api, ApiLimits } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import type { UpstreamAnswer } from '../parts.ts'
import { createForward, type ForwardOptions } from './forward.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

interface Scene {
  readonly upstream: Upstream
  readonly api: Api
  readonly send: (head?: Partial<OutboundHead>, body?: RequestBody | null, departure?: Departure) => Promise<UpstreamAnswer>
}

async function scene(options: UpstreamOptions = {}, limits: Partial<ApiLimits> = {}, forwardOptions: ForwardOptions = {}): Promise<Scene> {
  const upstream = await startUpstream(options)
  const forward = createForward(forwardOptions)
  open.push(upstream.close, () => forward.close())
  const api = makeApi({ upstreamOrigin: upstream.origin, limits: { ...makeApi().limits, ...limits } })
  return {
    upstream,
    api,
    send: (head, body = null, departure) =>
      forward.send({ method: 'GET', origin: upstream.origin, path: '/v1/x', query: '', headers: [], ...head }, body, api, departure),
  }
}

async function codeOf(failed: Promise<unknown>): Promise<string> {
  const cause = await failed.then(
    () => null,
    (reason: unknown) => reason,
  )
  return cause instanceof GateError ? cause.code : String(cause)
}

describe('the head', () => {
  test('HTTP-02 the upstream sees its own authority and the target that was judged', async () => {
    const { upstream, send } = await scene()
    await collect((await send({ path: '/v1/a%20b', query: 'q=%41&q=2' })).body)
    expect(upstream.requests[0]?.all('host')).toEqual([`127.0.0.1:${upstream.port}`])
    expect(upstream.requests[0]?.target).toBe('/v1/a%20b?q=%41&q=2')
  })

  test.each([
    ['Host', 'evil.example'],
    ['transfer-encoding', 'chunked'],
    ['Transfer_Encoding', 'chunked'],
    ['content-length', '5'],
    ['connection', 'x-secret'],
    ['expect', '100-continue'],
    ['upgrade', 'h2c'],
  ])('HTTP-02 HTTP-14 a request that carries its own %s is not sent', async (name, value) => {
    const { upstream, send } = await scene()
    expect(await codeOf(send({ headers: [[name, value]] }))).toBe('internal')
    expect(upstream.connections).toBe(0)
  })

  test.each(['http://evil.example/x', '//evil.example/x', 'x', ''])('HTTP-02 the target %j is not sent', async (path) => {
    const { upstream, send } = await scene()
    expect(await codeOf(send({ path }))).toBe('internal')
    expect(upstream.connections).toBe(0)
  })

  test('HTTP-02 a head that was made for another origin is not sent', async () => {
    const { upstream, send } = await scene()
    const other = await startUpstream()
    open.push(other.close)
    expect(await codeOf(send({ origin: other.origin }))).toBe('internal')
    expect(other.connections + upstream.connections).toBe(0)
  })

  test('COO-11 lines of one name stay lines, in order', async () => {
    const { send } = await scene({
      script: [
        {
          headers: [
            ['Set-Cookie', 'a=1, b'],
            ['X-One', '1'],
            ['set-cookie', 'c=2'],
          ],
          body: 'x',
        },
      ],
    })
    const { headers, body } = await send()
    expect(headers.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1, b'],
      ['set-cookie', 'c=2'],
    ])
    await collect(body)
  })

  test('HTTP-19 a redirect is an answer like any other', async () => {
    const { upstream, send } = await scene({ script: [{ status: 302, headers: [['location', '/elsewhere']] }] })
    const answer = await send()
    expect([answer.status, answer.headers]).toEqual([
      302,
      [
        ['location', '/elsewhere'],
        ['content-length', '0'],
      ],
    ])
    await collect(answer.body)
    expect(upstream.requests).toHaveLength(1)
  })

  test('HTTP-26 an interim answer is skipped', async () => {
    const { send } = await scene({
      script: [{ raw: 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok' }],
    })
    const answer = await send()
    expect(answer.status).toBe(200)
    expect((await collect(answer.body)).toString()).toBe('ok')
  })
})

describe('the request body', () => {
  test('HTTP-14 a known length is sent as Content-Length, an unknown one as chunks', async () => {
    const { upstream, send } = await scene()
    await collect((await send({ method: 'POST' }, requestBody(['ab', 'cde'], 5))).body)
    await collect((await send({ method: 'POST' }, requestBody(['ab', 'cde']))).body)
    const [known, chunked] = upstream.requests
    expect([known?.header('content-length'), known?.header('transfer-encoding'), known?.body.toString()]).toEqual(['5', null, 'abcde'])
    expect([chunked?.header('content-length'), chunked?.header('transfer-encoding'), chunked?.body.toString()]).toEqual([
      null,
      'chunked',
      'abcde',
    ])
  })

  test('HTTP-14 a body that is shorter than it said never looks whole', async () => {
    const { upstream, send } = await scene()
    expect(await codeOf(send({ method: 'POST' }, requestBody(['abc'], 5)))).toBe('bad_request')
    await upstream.until(() => upstream.openConnections === 0)
    expect(upstream.requests).toHaveLength(0)
  })

  test('HTTP-14 a body that is longer than it said is cut before it could begin a second request', async () => {
    const { upstream, send } = await scene()
    expect(await codeOf(send({ method: 'POST' }, requestBody(['abcde', 'GET /admin HTTP/1.1\r\n\r\n'], 5)))).toBe('bad_request')
    await upstream.until(() => upstream.openConnections === 0)
    expect(upstream.requests.map(({ target }) => target)).not.toContain('/admin')
    expect(upstream.bodyBytes).toBeLessThanOrEqual(5)
  })

  test('HTTP-18 a body that says it is too large is refused before anything is sent', async () => {
    const { upstream, send } = await scene({}, { requestBytes: 4 })
    expect(await codeOf(send({ method: 'POST' }, requestBody(['abcde'], 5)))).toBe('body_too_large')
    expect(upstream.connections).toBe(0)
  })

  test('HTTP-18 a chunked body is cut when it becomes too large', async () => {
    const { upstream, send } = await scene({}, { requestBytes: 4 })
    expect(await codeOf(send({ method: 'POST' }, requestBody(['abc', 'de', 'never'])))).toBe('body_too_large')
    await upstream.until(() => upstream.openConnections === 0)
    expect(upstream.requests).toHaveLength(0)
  })

  test('HTTP-18 the visitor reads 413 though the upload was cut on its way', async () => {
    const { send } = await scene({}, { requestBytes: 1000 })
    let kept = false
    const server = createServer((request, response) => {
      send({ method: 'POST' }, { stream: request, length: null }).catch((cause: GateError) => {
        kept = request.socket === response.socket && !request.destroyed
        response.writeHead(cause.code === 'body_too_large' ? 413 : 500, { connection: 'close' }).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(() => new Promise((resolve) => server.close(resolve)))
    const upload = httpRequest({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', method: 'POST' })
    const answered = new Promise<number | undefined>((resolve, reject) => {
      upload.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      upload.on('error', reject)
    })
    upload.write(Buffer.alloc(600))
    upload.write(Buffer.alloc(600))
    expect(await answered).toBe(413)
    expect(kept).toBe(true)
    upload.on('error', () => undefined).destroy()
  })

  test('HTTP-18 an upload waits while the upstream does not read', async () => {
    const { send } = await scene({ early: () => 'hang' })
    const stream = new PassThrough()
    const departure: Departure = { gone: false, onGone: null }
    const sending = codeOf(send({ method: 'POST' }, { stream, length: null }, departure))
    let accepted = 0
    while (accepted < 64 * 1024 * 1024 && stream.write(Buffer.alloc(65_536))) {
      accepted += 65_536
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(accepted).toBeLessThan(64 * 1024 * 1024)
    departure.onGone?.()
    expect(await sending).toBe('bad_request')
  })

  test('HTTP-26 an upload that the visitor breaks off is broken off upstream', async () => {
    const { upstream, send } = await scene()
    const stream = new PassThrough()
    const sending = codeOf(send({ method: 'POST' }, { stream, length: null }))
    stream.write('half')
    await upstream.until(() => upstream.bodyBytes === 4)
    stream.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
    expect(await sending).toBe('bad_request')
    await upstream.until(() => upstream.openConnections === 0)
    expect(upstream.requests).toHaveLength(0)
  })
})

describe('the answer', () => {
  test('HTTP-26 an answer flows as it comes', async () => {
    const held = gate()
    const { send } = await scene({ script: [{ body: ['one', held, 'two'] }] })
    const { body } = await send()
    expect(body.length).toBeNull()
    const reader = read(body)
    await reader.until(() => reader.bytes === 3)
    held.open()
    await reader.until(() => reader.ended)
    expect(Buffer.concat(reader.chunks).toString()).toBe('onetwo')
  })

  test('HTTP-26 a slow reader holds the upstream back, and loses nothing', async () => {
    const size = 32 * 1024 * 1024
    const { upstream, send } = await scene({ script: [{ body: Buffer.alloc(size, 'x') }] })
    const { body } = await send()
    expect(body.length).toBe(size)
    const reader = read(body, () => false)
    await reader.until(() => reader.bytes > 0)
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(reader.chunks).toHaveLength(1)
    while (!reader.ended) {
      body.resume()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(reader.bytes).toBe(size)
    expect(upstream.requests).toHaveLength(1)
  })

  test('HTTP-26 an answer that nobody reads yet stays bounded', async () => {
    const { upstream, send } = await scene({ script: [{ body: Buffer.alloc(32 * 1024 * 1024) }] })
    const { body } = await send()
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    const reader = read(body, () => false)
    expect(reader.bytes).toBeLessThan(256 * 1024)
    body.cancel(new Error('enough'))
    await upstream.until(() => upstream.openConnections === 0)
  })

  test('HTTP-26 an answer to HEAD, 204 and 304 has no body and keeps the length that it names', async () => {
    const { send } = await scene({
      script: ({ method }) =>
        method === 'HEAD' ? { headers: [['content-length', '123']], framing: 'none' } : { status: 304, headers: [['etag', '"a"']] },
    })
    const head = await send({ method: 'HEAD' })
    expect([head.body.length, (await collect(head.body)).length]).toEqual([123, 0])
    const unchanged = await send()
    expect([unchanged.status, unchanged.body.length, (await collect(unchanged.body)).length]).toEqual([304, null, 0])
  })

  test('HTTP-20 the upstream connection ends when the visitor is gone', async () => {
    const { upstream, send } = await scene({ script: [{ body: ['one', gate()] }] })
    const { body } = await send()
    const reader = read(body)
    await reader.until(() => reader.bytes === 3)
    body.cancel(new Error('gone'))
    await upstream.until(() => upstream.openConnections === 0)
    expect([reader.ended, reader.failure]).toEqual([false, null])
  })

  test('HTTP-20 the upstream connection ends when the visitor is gone before there is an answer', async () => {
    const { upstream, send } = await scene({ script: ['hang'] })
    const departure: Departure = { gone: false, onGone: null }
    const sending = codeOf(send({}, null, departure))
    await upstream.until(() => upstream.requests.length === 1)
    departure.onGone?.()
    expect(await sending).toBe('bad_request')
    await upstream.until(() => upstream.openConnections === 0)
  })

  test('HTTP-18 an answer that says it is too large is not begun, one that becomes too large breaks off', async () => {
    const { send } = await scene({ script: [{ body: 'x'.repeat(11) }, { body: ['x'.repeat(6), 'x'.repeat(6)] }] }, { responseBytes: 10 })
    expect(await codeOf(send())).toBe('answer_too_large')
    expect(await codeOf(send().then(({ body }) => collect(body)))).toBe('answer_too_large')
  })
})

describe('failures', () => {
  test('HTTP-20 an upstream that nobody listens for is unreachable, and so is a name that does not exist', async () => {
    const { upstream, send } = await scene()
    await upstream.close()
    expect(await codeOf(send())).toBe('upstream_unreachable')
    const forward = createForward()
    open.push(() => forward.close())
    const api = makeApi({ upstreamOrigin: 'http://upstream.invalid' })
    const head = { method: 'GET', origin: api.upstreamOrigin, path: '/', query: '', headers: [] }
    expect(await codeOf(forward.send(head, null, api))).toBe('upstream_unreachable')
  })

  test('HTTP-18 an upstream that does not answer in time is left', async () => {
    const { upstream, send } = await scene({ script: ['hang'] }, { headMs: 50 })
    expect(await codeOf(send({ method: 'POST' }))).toBe('upstream_timeout')
    await upstream.until(() => upstream.openConnections === 0)
  })

  test('HTTP-18 an answer that stops in the middle breaks off', async () => {
    const { send } = await scene({ script: [{ body: ['one', gate()] }] }, { idleMs: 50 })
    const { body } = await send()
    expect(await codeOf(collect(body))).toBe('upstream_timeout')
  })

  test.each([
    ['content-length: 3\r\ntransfer-encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'],
    ['content-length: 3\r\ncontent-length: 4', 'abcd'],
    ['content-length: 3, 3', 'abc'],
    ['content-length: -3', 'abc'],
    ['transfer-encoding: chunked', 'zz\r\nabc'],
    [' x: folded', ''],
    ['no colon', ''],
    ['x : space', ''],
    ['upgrade: websocket\r\nconnection: upgrade', ''],
  ])('HTTP-14 an answer framed by %j is not passed on', async (fields, rest) => {
    const status = fields.startsWith('upgrade') ? '101 Switching Protocols' : '200 OK'
    const { upstream, send } = await scene({ script: [{ raw: `HTTP/1.1 ${status}\r\n${fields}\r\n\r\n${rest}`, after: 'close' }] })
    const outcome = await codeOf(send().then(({ body }) => collect(body)))
    expect(outcome).toBe('upstream_invalid')
    expect(upstream.requests).toHaveLength(1)
  })

  test.each(['no http at all', 'HTTP/1.1 099 Odd\r\n\r\n', 'HTTP/1.1 700 Odd\r\ncontent-length: 0\r\n\r\n', 'HTTP/1.1 20 OK\r\n\r\n'])(
    'HTTP-14 %j is no answer',
    async (raw) => {
      const { send } = await scene({ script: [{ raw, after: 'close' }] })
      expect(await codeOf(send({ method: 'POST' }))).toBe('upstream_invalid')
    },
  )

  test('HTTP-14 an answer that ends early does not look whole', async () => {
    const { send } = await scene({ script: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', after: 'close' }] })
    expect(await codeOf(send().then(({ body }) => collect(body)))).toBe('upstream_invalid')
  })

  test('HTTP-14 bytes after an answer reach nobody', async () => {
    const extra = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'
    const { upstream, send } = await scene({
      script: (_request, index) => (index === 0 ? { raw: `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${extra}` } : { body: 'mine' }),
    })
    expect((await collect((await send()).body)).toString()).toBe('ok')
    expect((await collect((await send()).body)).toString()).toBe('mine')
    expect(upstream.connections).toBe(2)
  })

  test('HTTP-13 a reset POST is sent once', async () => {
    const { upstream, send } = await scene({ script: ['reset'] })
    expect(await codeOf(send({ method: 'POST' }, requestBody(['a'], 1)))).toBe('upstream_unreachable')
    expect(await codeOf(send({ method: 'DELETE' }))).toBe('upstream_unreachable')
    expect(upstream.requests).toHaveLength(2)
  })

  test('HTTP-13 a GET is sent once more when the connection broke before any byte of an answer, and never a third time', async () => {
    const { upstream, send } = await scene({ script: ['reset', { body: 'second' }, 'reset'] })
    expect((await collect((await send()).body)).toString()).toBe('second')
    expect(upstream.requests).toHaveLength(2)
    expect(await codeOf(send())).toBe('upstream_unreachable')
    expect(upstream.requests).toHaveLength(4)
  })

  test('HTTP-13 a GET whose answer had begun is not sent again', async () => {
    const { upstream, send } = await scene({ script: [{ raw: 'HTTP/1.1 2', after: 'reset' }] })
    expect(await codeOf(send())).toMatch(/^upstream_/)
    expect(upstream.requests).toHaveLength(1)
  })

  test('HTTP-18 when every connection is taken, some wait, and more are turned away with a time to come back', async () => {
    const held = gate()
    const { upstream, send } = await scene({ script: [{ body: [held, 'x'] }] }, { connectMs: 60_000 }, { connections: 1, waiting: 1 })
    const first = send()
    const second = send()
    const third = await send().catch((cause: GateError) => cause)
    expect(third).toMatchObject({ code: 'busy', retryAfterMs: 1000 })
    await upstream.until(() => upstream.requests.length === 1)
    held.open()
    await collect((await first).body)
    await collect((await second).body)
    expect(upstream.requests).toHaveLength(2)
  })

  test('HTTP-18 nobody waits for a connection for ever', async () => {
    const held = gate()
    const { upstream, send } = await scene({ script: [{ body: [held, 'x'] }] }, { connectMs: 300 }, { connections: 1, waiting: 1 })
    const first = send()
    await upstream.until(() => upstream.requests.length === 1)
    expect(await codeOf(send())).toBe('busy')
    held.open()
    await collect((await first).body)
    expect(upstream.requests).toHaveLength(1)
    expect((await collect((await send()).body)).toString()).toBe('x')
  })

  test('HTTP-20 after close nothing is sent', async () => {
    const { upstream, send } = await scene({ script: ['hang'] })
    const running = codeOf(send())
    await upstream.until(() => upstream.requests.length === 1)
    await open.pop()?.()
    expect(await running).toBe('stopping')
    expect(await codeOf(send())).toBe('stopping')
    expect(upstream.requests).toHaveLength(1)
  })
})
