import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, readFramingCorpus } from '../framing-corpus.ts'
import { type Kit, startKit } from '../kit.ts'
import { converse, type Step } from '../raw.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({ config: { shop: { access: 'public', unsafeAllowPublicWrites: true, allow: ['* /**'] } } })
})
afterAll(() => kit.close())

const CORPUS = readFramingCorpus()

test('HTTP-04 the corpus has at least 150 cases, each with its reason', () => {
  expect(new Set(CORPUS.map(({ id }) => id)).size).toBe(CORPUS.length)
  expect(CORPUS.length).toBeGreaterThanOrEqual(150)
  expect(CORPUS.every(({ why }) => why.length > 3)).toBe(true)
})

describe('HTTP-04 HTTP-05 HTTP-06 HTTP-07 HTTP-08 HTTP-14 HTTP-17 HTTP-18 HTTP-22 HTTP-23 HTTP-24 C21 one way to read a request, or none', () => {
  test.each(CORPUS)('$id: $why', async (given) => {
    const { port } = kit.running
    const before = kit.upstream.requests.length
    const steps: Step[] = [
      { pieces: [{ bytes: bytesOf(given.send, port) }], answers: Math.max(1, given.statuses.length), head: given.head ?? false },
    ]
    const stays = given.closed === false && given.statuses.length > 0
    if (stays) steps.push(canary(given.id, port))
    const said = await converse(port, steps, given.statuses.length === 0 ? 120 : 3000, stays ? 0 : 40)
    const answers = stays ? said.answers.slice(0, -1) : said.answers
    expect(answers.map(({ status }) => status)).toEqual(given.statuses)
    if (given.closed !== null) expect(said.closed).toBe(given.closed)
    expect(said.rest.length).toBe(0)
    for (const { status, headers } of answers)
      if (status >= 400) expect(headers.filter(([name]) => name === 'cloakroom-error')).toHaveLength(1)
    // What the upstream got is what was asked, framed anew: and nothing else is on its connections.
    const arrived = kit.upstream.requests.slice(before).filter(({ target }) => !target.includes('canary'))
    expect(
      arrived.map(({ method, target, body }) => (method === 'GET' ? `GET ${target}` : `${method} ${target} ${body.toString('latin1')}`)),
    ).toEqual(given.upstream)
    for (const request of arrived) {
      expect(request.all('transfer-encoding').length + request.all('content-length').length).toBeLessThanOrEqual(1)
      expect(request.head.toString('latin1')).not.toMatch(/evil|x-tail|smuggled(?! HTTP)/i)
    }
    // The next on this connection, or the next visitor on another, gets its own answer.
    const next = stays ? said.answers.at(-1) : (await converse(port, [canary(given.id, port)], 3000, 0)).answers[0]
    expect(next?.status).toBe(200)
    expect(JSON.parse(next?.body.toString() ?? '').target).toBe(`/v1/canary-${given.id}`)
  })
})

function canary(id: string, port: number): Step {
  return { pieces: [{ bytes: Buffer.from(`GET /api/shop/canary-${id} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`) }] }
}
