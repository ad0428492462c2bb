import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { exchange, readAnswer } from '../call.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'
import { gate } from '../upstream.ts'

let kit: Kit
afterEach(() => kit.close())

async function open(config: KitOptions['config'], upstream: KitOptions['upstream'] = {}): Promise<string> {
  kit = await startKit({ config: config ?? {}, upstream: upstream ?? {} })
  return await kit.signIn()
}

/** A request of an own page as bytes, without its end. */
function headOf(method: string, path: string, cookie: string, fields: readonly string[] = []): string {
  const own = [`host: ${new URL(kit.origin).host}`, `cookie: ${cookie}`, 'sec-fetch-site: same-origin', ...fields]
  return `${method} ${path} HTTP/1.1\r\n${own.map((line) => `${line}\r\n`).join('')}`
}

const outcome = (answer: ReturnType<typeof readAnswer>) => [answer.status, answer.header('cloakroom-error')]

describe('what one request may be', () => {
  test('HTTP-18 each limit of the configuration has its status', async () => {
    const cookie = await open({
      limits: { headers: '4KiB', url: '256B' },
      shop: { allow: ['GET /**', 'POST /**'], limits: { requestBody: '1KiB' } },
    })
    expect(outcome(await kit.call('GET', `/api/shop/${'x'.repeat(250)}`, { cookie }))).toEqual([414, 'target_too_long'])
    expect(outcome(await kit.call('GET', '/api/shop/x', { cookie, headers: [['x-a', 'y'.repeat(4096)]] }))).toEqual([
      431,
      'headers_too_large',
    ])
    const many = Array.from({ length: 101 }, (_none, at) => [`x-${at}`, ''] as const)
    expect(outcome(await kit.call('GET', '/api/shop/x', { cookie, headers: many }))).toEqual([431, 'headers_too_large'])
    expect(outcome(await kit.call('POST', '/api/shop/x', { cookie, body: 'z'.repeat(1025) }))).toEqual([413, 'body_too_large'])
    const chunked = `${headOf('POST', '/api/shop/x', cookie, ['transfer-encoding: chunked', 'connection: close'])}\r\n401\r\n${'z'.repeat(1025)}\r\n0\r\n\r\n`
    expect(outcome(readAnswer(await exchange(kit.running.port, Buffer.from(chunked))))).toEqual([413, 'body_too_large'])
    expect(kit.upstream.requests).toHaveLength(0)
    expect((await kit.call('POST', '/api/shop/x', { cookie, body: 'z'.repeat(1024) })).status).toBe(200)
  })

  test('HTTP-18 times: a head and a body that do not arrive get 408, an answer that does not come gets 504', async () => {
    const cookie = await open(
      { limits: { headTimeout: '1s', bodyTimeout: '1s' }, shop: { allow: ['GET /**', 'POST /**'], limits: { headTimeout: '1s' } } },
      { script: ({ target }) => (target === '/v1/slow' ? 'hang' : { body: 'ok' }) },
    )
    const [head, body, answer] = await Promise.all([
      exchange(kit.running.port, Buffer.from('GET /api/shop/x HTTP/1.1\r\nhost: ')),
      exchange(kit.running.port, Buffer.from(`${headOf('POST', '/api/shop/x', cookie, ['content-length: 10'])}\r\nabc`)),
      kit.call('GET', '/api/shop/slow', { cookie }),
    ])
    expect(outcome(readAnswer(head))).toEqual([408, 'request_timeout'])
    expect(outcome(readAnswer(body))).toEqual([408, 'request_timeout'])
    expect(outcome(answer)).toEqual([504, 'upstream_timeout'])
  })

  test('HTTP-18 an answer that is larger than allowed is withheld when it says so, and cut when it does not', async () => {
    const cookie = await open(
      { shop: { limits: { responseBody: '1KiB' } } },
      { script: ({ target }) => ({ body: target === '/v1/said' ? 'x'.repeat(2000) : ['x'.repeat(900), 'x'.repeat(900)] }) },
    )
    expect(outcome(await kit.call('GET', '/api/shop/said', { cookie }))).toEqual([502, 'answer_too_large'])
    const cut = await kit.call('GET', '/api/shop/unsaid', { cookie })
    expect(cut.status === 502 || !cut.raw.includes('\r\n0\r\n\r\n')).toBe(true)
  })
})

describe('what all together may take', () => {
  test('HTTP-21 one request more than may be under way gets 503 with Retry-After, and a place that is free again is given', async () => {
    const held = gate()
    const cookie = await open(
      { limits: { requests: 3 } },
      { script: ({ target }) => ({ body: target === '/v1/held' ? [held, 'late'] : 'ok' }) },
    )
    const waiting = [1, 2, 3].map(() => kit.call('GET', '/api/shop/held', { cookie }))
    await kit.upstream.until(() => kit.upstream.requests.length === 3)
    const refused = await kit.call('GET', '/api/shop/x', { cookie })
    expect([...outcome(refused), refused.header('retry-after')]).toEqual([503, 'busy', '1'])
    held.open()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect((await kit.call('GET', '/api/shop/x', { cookie })).status).toBe(200)
  })

  test('HTTP-18 connections beyond the limit are closed at once; those that are open go on', async () => {
    const cookie = await open({ limits: { connections: 10 } })
    const crowd = await Promise.all(Array.from({ length: 9 }, () => socketTo(kit.running.port)))
    const last = await socketTo(kit.running.port)
    const tooMany = await socketTo(kit.running.port)
    await new Promise((resolve) => tooMany.once('close', resolve).resume())
    const answer = new Promise<Buffer>((resolve) => last.once('data', resolve))
    last.write(`${headOf('GET', '/api/shop/x', cookie)}\r\n`)
    expect(readAnswer(await answer).status).toBe(200)
    for (const socket of [...crowd, last]) socket.destroy()
  })

  test('HTTP-21 an API has its own number of connections; what finds none in time gets 503, and other requests wait for none of it', async () => {
    const held = gate()
    const cookie = await open(
      { shop: { limits: { connections: 2, connectTimeout: '1s' } } },
      { script: ({ target }) => ({ body: target === '/v1/held' ? [held, 'late'] : 'ok' }) },
    )
    const holding = [1, 2].map(() => kit.call('GET', '/api/shop/held', { cookie }))
    await kit.upstream.until(() => kit.upstream.requests.length === 2)
    expect(outcome(await kit.call('GET', '/api/shop/x', { cookie }))).toEqual([503, 'busy'])
    expect((await kit.call('GET', '/auth/session', { cookie })).status).toBe(200)
    held.open()
    await Promise.all(holding)
  })
})

describe('back-pressure and the end', () => {
  test('HTTP-26 a reader that stops pauses the upstream: what the gateway keeps stays small, and all arrives once he reads on', async () => {
    const pieces = 512
    let given = 0
    const piece = Buffer.alloc(131_072, 'y')
    function* body() {
      for (; given < pieces; given += 1) yield piece
    }
    const cookie = await open(
      {},
      {
        script: () => ({
          body: {
            *[Symbol.iterator]() {
              yield* body()
            },
            length: pieces,
          } as never,
          framing: 'chunked',
        }),
      },
    )
    const socket = await socketTo(kit.running.port)
    socket.write(`${headOf('GET', '/api/shop/large', cookie, ['connection: close'])}\r\n`)
    await new Promise((resolve) => socket.once('readable', resolve))
    // The buffers of four sockets fill, then nobody asks the upstream for more.
    let before = -1
    while (before !== given) {
      before = given
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    expect(given * piece.length).toBeLessThan(32 * 1_048_576)
    let bytes = 0
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(bytes).toBeGreaterThan(pieces * piece.length)
  })

  test('ARC-07 stopping takes nothing new, lets what is under way finish, and ends what does not within its bound', async () => {
    const [held, never] = [gate(), gate()]
    const cookie = await open({}, { script: ({ target }) => ({ body: [target === '/v1/held' ? held : never, 'late'] }) })
    const finishing = kit.call('GET', '/api/shop/held', { cookie })
    const hanging = kit.call('GET', '/api/shop/never', { cookie })
    const idle = await socketTo(kit.running.port)
    await kit.upstream.until(() => kit.upstream.requests.length === 2)
    const began = performance.now()
    const closed = kit.running.close(700)
    await new Promise((resolve) => idle.once('close', resolve).resume())
    await expect(socketTo(kit.running.port)).rejects.toThrow('ECONNREFUSED')
    held.open()
    const finished = await finishing
    expect([finished.status, finished.text]).toEqual([200, 'late'])
    expect((await hanging).raw.includes('late')).toBe(false)
    await closed
    expect(performance.now() - began).toBeLessThan(3000)
    never.open()
  })
})

function socketTo(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.on('error', () => undefined)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
