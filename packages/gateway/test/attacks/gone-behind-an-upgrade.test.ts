import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type Contestant, startFront } from '../contestants.ts'
import { call } from '../call.ts'
import { gate, startUpstream, type Upstream } from '../upstream.ts'

/* From an upgrade on, Node leaves the socket to whoever handles that: its errors, too. The answer before it may still be owed. */

let upstream: Upstream | null = null
let front: Contestant | null = null
const uncaught: unknown[] = []
const note = (cause: unknown): void => void uncaught.push(cause)
afterEach(async () => {
  process.off('uncaughtException', note)
  await front?.close()
  await upstream?.close()
})

test.each([
  ['an upgrade', 'GET / HTTP/1.1\r\nHost: H\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['CONNECT', 'CONNECT other.example:443 HTTP/1.1\r\nHost: H\r\n\r\n'],
])('C12 a visitor who sends %s behind a request and is gone before that is answered does not end the process', async (_what, second) => {
  process.on('uncaughtException', note)
  const held = gate()
  const began = await startUpstream({
    script: ({ target }) => (target === '/held' ? { body: [held, 'x'.repeat(1_000_000)] } : { body: 'ok' }),
  })
  upstream = began
  const { port } = (front = await startFront(began.origin))
  for (let visitor = 0; visitor < 5; visitor += 1) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`GET /held HTTP/1.1\r\nHost: H\r\n\r\n${second}`.replaceAll('H\r\n', `localhost:${port}\r\n`))
    await began.until(() => began.requests.length > visitor)
    // The second request is read while the first one is with the API.
    await new Promise((done) => setTimeout(done, 100))
    socket.resetAndDestroy()
  }
  held.open()
  await new Promise((done) => setTimeout(done, 300))
  expect(uncaught).toEqual([])
  expect((await call(port, 'GET', '/')).status).toBe(200)
})
