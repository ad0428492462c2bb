import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Contestant, startFront } from '../contestants.ts'
import { startKit } from '../kit.ts'
import { converse } from '../raw.ts'
import { startUpstream, type Upstream } from '../upstream.ts'

/** The door speaks HTTP/1.1 only; what HTTP/2 could carry past it (RFC 9113 §8.2) has no way in. */
let upstream: Upstream
let front: Contestant
beforeAll(async () => {
  upstream = await startUpstream()
  front = await startFront(upstream.origin)
})
afterAll(async () => {
  await front.close()
  await upstream.close()
})

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const SETTINGS = '\0\0\0\u0004\0\0\0\0\0'

test.each([
  ['the preface', PREFACE],
  ['the preface with its first frame', PREFACE + SETTINGS],
  ['frames without a preface', SETTINGS],
  ['HTTP/2.0 in a request line', 'GET / HTTP/2.0\r\nHost: localhost\r\n\r\n'],
  [
    'an upgrade to h2c',
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
  ],
  ['a pseudo-header', 'GET / HTTP/1.1\r\nHost: localhost\r\n:path: /admin\r\n\r\n'],
])('HTTP-16 %s gets a refusal in HTTP/1.1 and a closed connection', async (_what, sent) => {
  const text = sent.replace('Host: localhost', `Host: localhost:${front.port}`)
  const { answers, closed } = await converse(front.port, [{ pieces: [{ bytes: Buffer.from(text, 'latin1') }] }], 2000)
  expect(answers).toHaveLength(1)
  expect([400, 505]).toContain(answers[0]?.status)
  expect(closed).toBe(true)
  expect(upstream.requests).toHaveLength(0)
})

test('HTTP-16 a TLS greeting on the plain port is refused, not answered with a tunnel', async () => {
  const failed = await new Promise<boolean>((resolve) => {
    const socket = connectTls({ port: front.port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false }, () =>
      resolve(false),
    )
    socket.on('error', () => resolve(true))
    socket.on('close', () => resolve(true))
  })
  expect(failed).toBe(true)
})

test('HTTP-16 over TLS nothing but HTTP/1.1 is agreed on (RFC 7301): who offers HTTP/2 alone gets no connection', async () => {
  const kit = await startKit({ https: true })
  const agreed = (offered: string[]): Promise<string | false | null> =>
    new Promise((resolve) => {
      const socket = connectTls({ port: kit.running.port, host: '127.0.0.1', ALPNProtocols: offered, rejectUnauthorized: false }, () => {
        resolve(socket.alpnProtocol)
        socket.destroy()
      })
      socket.on('error', () => resolve('refused'))
    })
  expect(await agreed(['h2', 'http/1.1'])).toBe('http/1.1')
  expect(await agreed(['h2'])).toBe('refused')
  expect(await agreed(['h3'])).toBe('refused')
  await kit.close()
})
