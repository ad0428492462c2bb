import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { exchange, readAnswer } from '../call.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'
import { gate } from '../upstream.ts'

let kit: Kit
let open: Kit | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

async function start(options: KitOptions = {}): Promise<string> {
  kit = await startKit(options)
  open = kit
  return await kit.signIn()
}

const ANY = { allow: ['* /**'] }

/** A request as bytes, for what a client library would not send. */
function bytes(line: string, cookie: string, more: readonly string[], body = ''): Buffer {
  const fields = [`host: ${new URL(kit.origin).host}`, 'sec-fetch-site: same-origin', 'connection: close', `cookie: ${cookie}`, ...more]
  return Buffer.from(`${line} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body}`)
}

test('VLT-06 HTTP-14 an answer comes back whole, framed by us, with the secret overwritten wherever the upstream wrote it', async () => {
  const cookie = await start({
    config: { shop: ANY },
    upstream: {
      script: (request) => ({
        headers: [['x-echo', request.header('authorization') ?? '']],
        body: [`{"got":"${request.header('authorization')?.slice(0, 20)}`, `${request.header('authorization')?.slice(20)}"}`],
      }),
    },
  })
  const answer = await kit.call('GET', '/api/shop/x', { cookie })
  expect(answer.status).toBe(200)
  expect(answer.text).toMatch(/Bearer \*{20,}/)
  expect([answer.header('x-echo'), answer.all('content-length').length + answer.all('transfer-encoding').length]).toEqual([null, 1])
  expect(kit.upstream.requests[0]?.header('authorization')).toBe(`Bearer ${kit.secret}`)
})

test('HTTP-26 HEAD tells the length of what GET would send', async () => {
  const cookie = await start({ config: { shop: ANY }, upstream: { script: [{ headers: [['content-length', '4321']], framing: 'none' }] } })
  const answer = await kit.call('HEAD', '/api/shop/x', { cookie })
  expect([answer.status, answer.header('content-length'), answer.text]).toEqual([200, '4321', ''])
})

test('HTTP-18 a chunked upload that becomes too large is answered with 413, though the upstream had begun to read it', async () => {
  const cookie = await start({ config: { shop: { ...ANY, limits: { requestBody: '1KiB' } } } })
  const chunk = `258\r\n${'x'.repeat(600)}\r\n`
  const request = bytes('POST /api/shop/x', cookie, ['transfer-encoding: chunked', 'x-csrf: 1'], `${chunk}${chunk}${chunk}0\r\n\r\n`)
  const answer = readAnswer(await exchange(Number(new URL(kit.origin).port), request))
  expect([answer.status, answer.header('cloakroom-error')]).toEqual([413, 'body_too_large'])
  expect(kit.upstream.requests).toHaveLength(0)
})

test('HTTP-14 GET with a body is refused, and nothing reaches the upstream', async () => {
  const cookie = await start({ config: { shop: ANY } })
  const answer = await kit.call('GET', '/api/shop/x', { cookie, body: 'GET /admin HTTP/1.1\r\n\r\n' })
  expect([answer.status, answer.header('cloakroom-error')]).toEqual([400, 'bad_request'])
  expect(kit.upstream.connections).toBe(0)
})

test('HTTP-26 an event is here before the next one exists, and the upstream is left when the visitor leaves', async () => {
  const cookie = await start({
    config: { shop: ANY },
    upstream: { script: [{ headers: [['content-type', 'text/event-stream']], body: ['data: one\n\n', gate()] }] },
  })
  const socket = connect(Number(new URL(kit.origin).port), '127.0.0.1', () => socket.write(bytes('GET /api/shop/x', cookie, [])))
  let got = ''
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      got += chunk.toString()
      if (got.includes('data: one\n\n')) resolve()
    })
  })
  socket.destroy()
  await kit.upstream.until(() => kit.upstream.openConnections === 0)
})

test('HTTP-20 a visitor who leaves before there is an answer ends the upstream’s work', async () => {
  const cookie = await start({ config: { shop: ANY }, upstream: { script: ['hang'] } })
  const socket = connect(Number(new URL(kit.origin).port), '127.0.0.1', () => socket.write(bytes('GET /api/shop/x', cookie, [])))
  await kit.upstream.until(() => kit.upstream.requests.length === 1)
  socket.destroy()
  await kit.upstream.until(() => kit.upstream.openConnections === 0)
})

test('HTTP-20 a visitor reads nothing about an upstream that is down', async () => {
  const cookie = await start({ config: { shop: ANY } })
  await kit.upstream.close()
  const answer = await kit.call('GET', '/api/shop/x', { cookie })
  expect([answer.status, answer.header('cloakroom-error'), answer.header('content-type')]).toEqual([
    502,
    'upstream_unreachable',
    'application/problem+json',
  ])
  expect(answer.raw.toString()).not.toMatch(new RegExp(`${kit.upstream.port}|ECONN|undici|at .*:\\d+`, 'i'))
})
