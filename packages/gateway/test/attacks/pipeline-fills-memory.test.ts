import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
let cookie: string
beforeAll(async () => {
  kit = await startKit({ upstream: { script: ['hang'] } })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

/** Sends it until the gateway hangs up; the bytes that it took. */
async function flood(first: string, further: string): Promise<number> {
  const arrived = kit.upstream.requests.length
  const socket: Socket = connect(kit.running.port, '127.0.0.1')
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.resume().write(first)
  await kit.upstream.until(() => kit.upstream.requests.length > arrived)
  for (let sent = 0; sent < MOST && !socket.destroyed; sent += 1) {
    if (!socket.write(further)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed])
  }
  const taken = socket.bytesWritten
  socket.destroy()
  await closed
  return taken
}

const MOST = 1000
const PADDING = 'x'.repeat(14_000)

function request(path: string, padding: string): string {
  const { host } = new URL(kit.origin)
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nSec-Fetch-Site: same-origin\r\nCookie: ${cookie}\r\nX-Padding: ${padding}\r\n\r\n`
}

test('HTTP-18 who sends hundreds of requests ahead of a slow answer is hung up on, so that they do not fill the memory', async () => {
  const taken = await flood(request('/api/shop/slow', ''), request('/api/shop/next', PADDING))
  expect(taken).toBeLessThan((MOST * PADDING.length) / 2)
})

test('HTTP-18 nor do requests behind one that was refused', async () => {
  const refused = request('/api/shop/%2e%2e/x', '')
  const taken = await flood(request('/api/shop/slow', '') + refused, request('/api/shop/next', PADDING))
  expect(taken).toBeLessThan((MOST * PADDING.length) / 2)
})

test('HTTP-18 sixteen requests at once are all answered', async () => {
  const socket = connect(kit.running.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise((resolve) => socket.on('close', resolve))
  const last = request('/auth/session', '').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
  socket.write(request('/auth/session', '').repeat(15) + last)
  await closed
  expect(
    Buffer.concat(chunks)
      .toString('latin1')
      .match(/HTTP\/1\.1 200 /g),
  ).toHaveLength(16)
})
