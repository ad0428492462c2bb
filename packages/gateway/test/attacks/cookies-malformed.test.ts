import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

interface CookieCase {
  readonly id: string
  readonly why: string
  /** Values of Cookie fields; `@@SESSION@@` is the value that a login gave. */
  readonly lines: readonly string[]
  readonly outcome: keyof typeof OUTCOMES
}

const OUTCOMES = {
  'signed-in': [200, null],
  /** Nobody's: told to sign in, and nothing else happens. */
  stranger: [401, 'session_required'],
  /** A session that comes twice was planted; neither is believed (COO-12). */
  refused: [400, 'duplicate_cookie'],
  unreadable: [400, 'bad_request'],
  'too-large': [431, 'headers_too_large'],
} as const

const CORPUS = JSON.parse(readFileSync(new URL('../corpora/cookies.json', import.meta.url), 'utf8')) as CookieCase[]

let kit: Kit
let session: string
beforeAll(async () => {
  kit = await startKit()
  session = (await kit.signIn()).split('=')[1] ?? ''
})
afterAll(() => kit.close())

test('COO-12 the corpus has at least 80 malformed cookies, each with its reason', () => {
  expect(new Set(CORPUS.map(({ id }) => id)).size).toBe(CORPUS.length)
  expect(CORPUS.length).toBeGreaterThanOrEqual(80)
})

describe('SES-05 COO-12 C12 a cookie opens what it was made for, or nothing', () => {
  test.each(CORPUS)('$id: $why', async ({ id, lines, outcome }) => {
    const before = kit.upstream.requests.length
    const headers = lines.map((line) => ['cookie', line.replaceAll('@@SESSION@@', session)] as const)
    const answer = await kit.call('GET', `/api/shop/${id}`, { headers })
    expect([answer.status, answer.header('cloakroom-error')]).toEqual(OUTCOMES[outcome])
    // A cookie that cannot be read is no reason to take the good one away.
    expect(answer.all('set-cookie')).toEqual([])
    const arrived = kit.upstream.requests.slice(before)
    expect(arrived.map(({ target }) => target)).toEqual(outcome === 'signed-in' ? [`/v1/${id}`] : [])
    for (const request of arrived) expect(request.header('cookie')).toBeNull()
  })

  test('SES-05 after all of them the session is as good as before', async () => {
    expect((await kit.call('GET', '/api/shop/after', { cookie: `__Host-Http-session=${session}` })).status).toBe(200)
  })
})
