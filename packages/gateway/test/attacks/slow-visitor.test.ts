import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Contestant, startFront } from '../contestants.ts'
import { converse } from '../raw.ts'
import { startUpstream, type Upstream } from '../upstream.ts'

const PIECE = Buffer.alloc(1_048_576, 'x')

let upstream: Upstream
let front: Contestant
beforeAll(async () => {
  upstream = await startUpstream({
    script: (request) => (request.target === '/large' ? { body: Array.from({ length: 64 }, () => PIECE) } : { body: 'ok' }),
  })
  front = await startFront(upstream.origin, { limits: { headMs: 200, requestMs: 600, keepAliveMs: 300 }, stallMs: 400 })
})
afterAll(async () => {
  await front.close()
  await upstream.close()
})

/** One byte after the other, each soon enough to look alive. */
function drip(text: string, delayMs: number): readonly { readonly bytes: Uint8Array; readonly delayMs: number }[] {
  return Array.from(text, (letter) => ({ bytes: Buffer.from(letter), delayMs }))
}

test('HTTP-18 a head that does not arrive in time gets 408, however busy it looks (slowloris)', async () => {
  // Here the bound of the whole request comes too late to save anybody.
  const patient = await startFront(upstream.origin, { limits: { headMs: 200, requestMs: 60_000, keepAliveMs: 60_000 } })
  try {
    for (const pieces of [
      [{ bytes: Buffer.from('GET / HTTP/1.1\r\nHost: loc') }],
      drip(`GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(20)}`, 20),
    ]) {
      const { answers, closed } = await converse(patient.port, [{ pieces }], 3000)
      expect([answers.map(({ status }) => status), closed]).toEqual([[408], true])
      expect(JSON.parse(answers[0]?.body.toString() ?? '').code).toBe('request_timeout')
    }
  } finally {
    await patient.close()
  }
})

test('HTTP-18 a body that does not arrive in time gets 408, and the upstream never sees it whole', async () => {
  const head = `POST / HTTP/1.1\r\nHost: localhost:${front.port}\r\nX-CSRF: 1\r\nContent-Length: 1000\r\n\r\n`
  const before = upstream.requests.length
  const { answers, closed } = await converse(front.port, [{ pieces: [{ bytes: Buffer.from(head) }, ...drip('x'.repeat(200), 20)] }], 3000)
  expect([answers.map(({ status }) => status), closed]).toEqual([[408], true])
  expect(upstream.requests.length).toBe(before)
  await upstream.until(() => upstream.openConnections === 0)
})

test('HTTP-18 a connection that asks nothing is closed', async () => {
  const { answers, closed } = await converse(
    front.port,
    [{ pieces: [{ bytes: Buffer.from(`GET / HTTP/1.1\r\nHost: localhost:${front.port}\r\n\r\n`) }] }, { pieces: [] }],
    3000,
  )
  expect([answers.length, closed]).toEqual([1, true])
})

test('HTTP-18 a visitor that does not read its answer is cut off, and lets go of the upstream (slow read)', async () => {
  await upstream.until(() => upstream.openConnections === 0)
  const socket = connect(front.port, '127.0.0.1', () => socket.write(`GET /large HTTP/1.1\r\nHost: localhost:${front.port}\r\n\r\n`))
  socket.pause()
  // Paused, it would hear of the end only by reading on: the upstream's side is the one to watch.
  await upstream.until(() => upstream.openConnections === 1)
  await upstream.until(() => upstream.openConnections === 0)
  socket.destroy()
})

test('HTTP-18 one that reads slowly but steadily gets all of it', async () => {
  const bytes = await new Promise<number>((resolve) => {
    let sum = 0
    const socket = connect(front.port, '127.0.0.1', () =>
      socket.write(`GET /large HTTP/1.1\r\nHost: localhost:${front.port}\r\nConnection: close\r\n\r\n`),
    )
    socket.on('data', (chunk: Buffer) => {
      const pausesNow = Math.floor(sum / 8_388_608) < Math.floor((sum + chunk.length) / 8_388_608)
      sum += chunk.length
      if (!pausesNow) return
      socket.pause()
      setTimeout(() => socket.resume(), 100)
    })
    socket.on('close', () => resolve(sum))
  })
  expect(bytes).toBeGreaterThan(64 * PIECE.length)
})
