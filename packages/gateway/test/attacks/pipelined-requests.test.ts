import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { converse } from '../raw.ts'
import { type Gate, gate } from '../upstream.ts'

let kit: Kit
let cookie: string
const gates: Gate[] = []
let isGated = false
beforeAll(async () => {
  kit = await startKit({
    config: { limits: { requests: 2 } },
    upstream: {
      script: (request) => {
        if (!isGated) return { body: request.target }
        const held = gate()
        gates.push(held)
        return { body: ['', held, request.target] }
      },
    },
  })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

function pipeline(paths: readonly string[]): Buffer {
  const head = (path: string): string =>
    `POST /api/shop/orders?${path} HTTP/1.1\r\nHost: ${new URL(kit.origin).host}\r\nX-CSRF: 1\r\nCookie: ${cookie}\r\nContent-Length: 2\r\n\r\nok`
  return Buffer.from(paths.map(head).join(''))
}

test('HTTP-18 pipelined requests go upstream one after the other, and are answered in their order', async () => {
  isGated = true
  const before = kit.upstream.requests.length
  const said = converse(kit.running.port, [{ pieces: [{ bytes: pipeline(['a', 'b', 'c']) }], answers: 3 }], 3000, 0)
  for (const [at, path] of ['a', 'b', 'c'].entries()) {
    await kit.upstream.until(() => kit.upstream.requests.length > before + at)
    // One more round on another connection gives the others every chance to overtake.
    isGated = false
    expect((await kit.call('GET', '/api/shop/other', { cookie })).text).toBe('/v1/other')
    isGated = true
    const orders = kit.upstream.requests.slice(before).filter(({ method }) => method === 'POST')
    expect(orders.map(({ target }) => target)).toEqual(['a', 'b', 'c'].slice(0, at + 1).map((one) => `/v1/orders?${one}`))
    expect(orders.at(-1)?.target).toContain(path)
    gates[at]?.open()
    await new Promise((resolve) => setImmediate(resolve))
    if (at < 2) await kit.upstream.until(() => kit.upstream.requests.filter(({ method }) => method === 'POST').length > at + 1)
  }
  expect((await said).answers.map(({ body }) => body.toString())).toEqual(['/v1/orders?a', '/v1/orders?b', '/v1/orders?c'])
  isGated = false
})

test('HTTP-18 visitors that leave a pipeline behind take no place away', async () => {
  isGated = true
  for (let round = 0; round < 6; round += 1) {
    const arrived = kit.upstream.requests.length
    await new Promise<void>((resolve) => {
      const socket = connect(kit.running.port, '127.0.0.1', () => socket.write(pipeline(['x', 'y', 'z'])))
      socket.on('close', () => resolve())
      void kit.upstream.until(() => kit.upstream.requests.length > arrived).then(() => socket.destroy())
    })
  }
  isGated = false
  // Two requests at once are all that this gateway takes: both places are free again.
  const answers = await Promise.all(['p', 'q'].map((path) => kit.call('GET', `/api/shop/${path}`, { cookie })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
})
