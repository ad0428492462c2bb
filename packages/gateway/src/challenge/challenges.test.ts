import { generateKeySync, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeHead } from '../../test/fixtures.ts'
import { payloadOf, solve } from '../../test/solve.ts'
import { SESSION_COOKIE, VISIT_COOKIE } from '../decide/cookies.ts'
import type { RequestHead } from '../decide/head.ts'
import { memoryStores } from '../store/memory.ts'
import { cookieOf } from '../../test/session-kit.ts'
import { createChallenges } from './challenges.ts'

const AT = 1_780_000_000_000
const MINUTE = 60_000
const ROUTE = 'shop: GET /products/**'
const open = () => createChallenges({ key: generateKeySync('aes', { length: 256 }), nonces: memoryStores().nonces, random: randomBytes })
const from = (change: { client?: string; agent?: string; cookie?: string; at?: number } = {}): RequestHead => {
  const { client = '198.51.100.7', agent = 'Browser/1', cookie, at = AT } = change
  return makeHead({ at, client, headers: { 'user-agent': agent, ...(cookie === undefined ? {} : { cookie }) } })
}
const session = (value: string) => `${SESSION_COOKIE}=${value}`
type Challenges = ReturnType<typeof open>
const make = (challenges: Challenges, head = from()) => challenges.make(head, ROUTE, 'easy', '/auth/challenge')

/** Solves as `head` and answers with the cookie pair to send next. */
async function passOf(challenges: Challenges, head: RequestHead): Promise<string> {
  const redeemed = await challenges.redeem(head, await solve(await make(challenges, head)))
  if (redeemed.kind === 'refused') throw new Error(redeemed.why)
  return `__Host-Http-pass=${cookieOf(redeemed.setCookie)}`
}

describe('RATE-12 a challenge', () => {
  test('is in ALTCHA’s words: its own solver solves it, and the pass opens the route', async () => {
    const challenges = open()
    const view = await make(challenges)
    expect(view).toMatchObject({ clearAt: '/auth/challenge', difficulty: 'easy', expiresAt: new Date(AT + 5 * MINUTE).toISOString() })
    expect(view.parameters).toMatchObject({ algorithm: 'PBKDF2/SHA-256', keyPrefix: '00' })
    const redeemed = await challenges.redeem(from(), await solve(view))
    expect(redeemed).toMatchObject({ kind: 'cleared', clearance: { route: ROUTE, difficulty: 'easy', until: AT + 15 * MINUTE } })
    if (redeemed.kind === 'refused') return
    expect(redeemed.setCookie).toMatch(/^__Host-Http-pass=[A-Za-z0-9_-]+; Max-Age=900; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
    const cookie = `__Host-Http-pass=${cookieOf(redeemed.setCookie)}`
    expect(challenges.cleared(from({ cookie }))).toEqual([redeemed.clearance])
  })

  test('tells nobody for whom and for which route it is', async () => {
    const view = await make(open(), from({ cookie: session('ticket-of-ada') }))
    const readable =
      JSON.stringify(view) +
      Buffer.from(String((view.parameters as { data?: { seal?: string } }).data?.seal), 'base64url').toString('latin1')
    for (const text of ['ticket-of-ada', '198.51.100.7', 'products', 'Browser/1']) expect(readable).not.toContain(text)
  })

  test('counts once, however many hand it in at the same moment', async () => {
    const challenges = open()
    const solution = await solve(await make(challenges))
    const all = await Promise.all(Array.from({ length: 20 }, () => challenges.redeem(from(), solution)))
    expect(all.filter(({ kind }) => kind === 'cleared')).toHaveLength(1)
    expect(all.find(({ kind }) => kind === 'refused')).toEqual({ kind: 'refused', why: 'used' })
  })

  test('is over after five minutes', async () => {
    const challenges = open()
    const solution = await solve(await make(challenges))
    expect(await challenges.redeem(from({ at: AT + 5 * MINUTE }), solution)).toEqual({ kind: 'refused', why: 'unreadable' })
    expect(await challenges.redeem(from({ at: AT + 5 * MINUTE - 1 }), solution)).toMatchObject({ kind: 'cleared' })
  })

  test.each([
    ['another network', { client: '203.0.113.9' }],
    ['another browser', { agent: 'Browser/2' }],
    ['another session', { cookie: session('other') }],
    ['no session', {}],
  ])('is of no use to %s', async (_who, other) => {
    const challenges = open()
    const solution = await solve(await make(challenges, from({ cookie: session('mine') })))
    expect(
      await challenges.redeem(from({ cookie: session('mine'), ...other, ...(_who === 'no session' ? { cookie: 'a=b' } : {}) }), solution),
    ).toEqual({
      kind: 'refused',
      why: 'another_visitor',
    })
    // What somebody else tried is not lost to whom it was given.
    expect(await challenges.redeem(from({ cookie: session('mine') }), solution)).toMatchObject({ kind: 'cleared' })
  })

  test('asked without a cookie, as by a link on another site, may be solved with one; the pass is that session’s alone', async () => {
    const challenges = open()
    const solution = await solve(await make(challenges))
    const redeemed = await challenges.redeem(from({ cookie: session('mine') }), solution)
    if (redeemed.kind === 'refused') throw new Error(redeemed.why)
    const pass = `__Host-Http-pass=${cookieOf(redeemed.setCookie)}`
    expect(challenges.cleared(from({ cookie: `${session('mine')}; ${pass}` }))).toHaveLength(1)
    expect(challenges.cleared(from({ cookie: pass }))).toEqual([])
  })

  test('is not opened by work that was not done, nor by a puzzle that was made easier', async () => {
    const challenges = open()
    const easier = async (change: object) => {
      const { parameters, signature } = await make(challenges)
      const made = { ...parameters, ...change }
      const solution = await solve({ parameters: made, signature, clearAt: '', difficulty: 'easy', expiresAt: '' })
      return await challenges.redeem(from(), solution)
    }
    expect(await easier({ keyPrefix: '0' })).toEqual({ kind: 'refused', why: 'unsolved' })
    expect(await easier({ cost: 1 })).toEqual({ kind: 'refused', why: 'unsolved' })
    const { parameters, signature } = await make(challenges)
    const guess = payloadOf({ challenge: { parameters, signature }, solution: { counter: 0, derivedKey: '00'.repeat(32), time: 0 } })
    expect(await challenges.redeem(from(), guess)).toEqual({ kind: 'refused', why: 'unsolved' })
    // One try for each: guessing on costs a new challenge.
    expect(await challenges.redeem(from(), guess)).toEqual({ kind: 'refused', why: 'used' })
  })

  test('a seal of one puzzle does not open with the work of another', async () => {
    const challenges = open()
    const [one, other] = [await make(challenges), await make(challenges)]
    const solved = JSON.parse(Buffer.from(await solve(one), 'base64url').toString()) as { challenge: { parameters: object } }
    const mixed = {
      ...solved,
      challenge: { ...solved.challenge, parameters: { ...one.parameters, data: (other.parameters as { data?: object }).data } },
    }
    expect(await challenges.redeem(from(), payloadOf(mixed))).toEqual({ kind: 'refused', why: 'unsolved' })
  })

  test.each([
    '',
    'x',
    '=',
    '{}',
    payloadOf(null),
    payloadOf([]),
    payloadOf({}),
    payloadOf({ challenge: { parameters: { data: { seal: 'x' } } } }),
    'A'.repeat(9000),
  ])('nonsense is refused: %.40s', async (text) =>
    expect(await open().redeem(from(), text)).toEqual({ kind: 'refused', why: 'unreadable' }),
  )
})

describe('a pass', () => {
  test.each([
    ['another session', { cookie: session('other') }],
    ['a visit instead of a session', { cookie: `${VISIT_COOKIE}=mine` }],
    ['another network', { client: '203.0.113.9', cookie: session('mine') }],
    ['another browser', { agent: 'Browser/2', cookie: session('mine') }],
    ['a later time', { at: AT + 15 * MINUTE, cookie: session('mine') }],
  ])('opens nothing for %s', async (_who, { cookie, ...change }) => {
    const challenges = open()
    const mine = session('mine')
    const pass = await passOf(challenges, from({ cookie: mine }))
    expect(challenges.cleared(from({ cookie: `${mine}; ${pass}` }))).toHaveLength(1)
    expect(challenges.cleared(from({ ...change, cookie: `${cookie}; ${pass}` }))).toEqual([])
  })

  test('within one /64 and one IPv4 address it stays good', async () => {
    const challenges = open()
    const pass = await passOf(challenges, from({ client: '2001:db8::1' }))
    expect(challenges.cleared(from({ client: '2001:db8::2', cookie: pass }))).toHaveLength(1)
    expect(challenges.cleared(from({ client: '2001:db8:0:1::2', cookie: pass }))).toEqual([])
  })

  test('holds several routes, and never grows past what a browser keeps', async () => {
    const challenges = open()
    let cookie = ''
    for (let n = 0; n < 20; n += 1) {
      const head = from(cookie === '' ? {} : { cookie })
      const solution = await solve(await challenges.make(head, `${'a long name of a route '.repeat(4)}${n}`, 'easy', '/auth/challenge'))
      const redeemed = await challenges.redeem(head, solution)
      if (redeemed.kind === 'refused') throw new Error(redeemed.why)
      cookie = `__Host-Http-pass=${cookieOf(redeemed.setCookie)}`
    }
    expect(challenges.cleared(from({ cookie }))).toHaveLength(12)
  })

  test('sent twice, or not ours, opens nothing', async () => {
    const challenges = open()
    const pass = await passOf(challenges, from())
    expect(challenges.cleared(from({ cookie: `${pass}; ${pass}` }))).toEqual([])
    expect(open().cleared(from({ cookie: pass }))).toEqual([])
    expect(challenges.cleared(from({ cookie: '__Host-Http-pass=x' }))).toEqual([])
  })
})
