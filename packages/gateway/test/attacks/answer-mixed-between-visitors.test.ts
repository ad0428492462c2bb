import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({
    config: { sessions: { perAccount: 1000 } },
    upstream: { script: (request) => ({ body: [`{"path":"${request.target}","pad":"`, 'x'.repeat(2000), '"}'] }) },
  })
})
afterAll(() => kit.close())

test('C7 interleaved visitors each get their own answer, also when some of them go away in the middle', async () => {
  const cookies: string[] = []
  for (let at = 0; at < 20; at += 1) cookies.push(await kit.signIn())
  expect(new Set(cookies).size).toBe(20)
  const one = async (at: number): Promise<void> => {
    const path = `/api/shop/visitor-${at % 20}/call-${at}`
    if (at % 7 === 3) {
      await vanish(kit.running.port, path, cookies[at % 20] ?? '')
      return
    }
    const answer = await call(kit.running.port, 'GET', path, { cookie: cookies[at % 20] ?? '' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text).path).toBe(`/v1/visitor-${at % 20}/call-${at}`)
  }
  for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 30 }, (_none, at) => one(round * 30 + at)))
})

/** Asks, and is gone before the answer is whole. */
async function vanish(port: number, path: string, cookie: string): Promise<void> {
  const { connect } = await import('node:net')
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost:${port}\r\ncookie: ${cookie}\r\n\r\n`),
    )
    socket.once('data', () => socket.destroy())
    socket.once('error', () => socket.destroy())
    socket.once('close', () => resolve())
  })
}
