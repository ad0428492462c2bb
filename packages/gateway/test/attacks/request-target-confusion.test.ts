import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { converse, type Step } from '../raw.ts'

interface TargetCase {
  readonly id: string
  readonly why: string
  /** As in a request line. */
  readonly target: string
  /** What the upstream is asked for, or the code of the refusal. */
  readonly outcome: string
}

const CORPUS = JSON.parse(readFileSync(new URL('../corpora/request-targets.json', import.meta.url), 'utf8')) as TargetCase[]

let kit: Kit
let cookie: string
beforeAll(async () => {
  kit = await startKit()
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

test('HTTP-02 HTTP-03 the corpus has at least 300 request targets, each with its reason', () => {
  expect(new Set(CORPUS.map(({ target }) => target)).size).toBe(CORPUS.length)
  expect(CORPUS.length).toBeGreaterThanOrEqual(300)
  expect(CORPUS.filter(({ outcome }) => outcome.startsWith('/')).length).toBeGreaterThan(100)
})

describe('HTTP-02 HTTP-03 HTTP-07 C2 what is decided on is what is sent', () => {
  test.each(CORPUS)('$id: $target ($why)', async ({ id, target, outcome }) => {
    const { port } = kit.running
    const before = kit.upstream.requests.length
    const ask = (what: string): Step => ({
      pieces: [{ bytes: Buffer.from(`GET ${what} HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie}\r\n\r\n`, 'latin1') }],
    })
    const stays = outcome.startsWith('/') || outcome === 'not_found'
    const own = target.replaceAll('@@NAME@@', `localhost:${port}`)
    const said = await converse(port, [ask(own), ...(stays ? [ask(`/api/shop/canary-${id}`)] : [])], 3000, stays ? 0 : 40)
    const [answer, canary] = said.answers
    const arrived = kit.upstream.requests.slice(before)
    if (outcome.startsWith('/')) {
      expect(answer?.status).toBe(200)
      expect(arrived[0]?.target).toBe(outcome)
      expect(arrived[0]?.header('host')).toBe(new URL(kit.upstream.origin).host)
    } else {
      expect(answer?.headers.find(([name]) => name === 'cloakroom-error')?.[1]).toBe(outcome)
      expect(arrived.filter((request) => !request.target.includes('canary'))).toHaveLength(0)
    }
    if (stays) expect([canary?.status, arrived.at(-1)?.target]).toEqual([200, `/v1/canary-${id}`])
    else expect(said.closed).toBe(true)
  })
})
