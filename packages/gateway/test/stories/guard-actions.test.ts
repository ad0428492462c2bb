import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ChallengeView } from '@cloakroom/contract'
import type { Called } from '../call.ts'
import { guardOf, rulesOf } from '../guard-kit.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'
import { solve } from '../solve.ts'

let kit: Kit
let open: Kit | null = null
afterEach(async () => {
  await open?.close()
  open = null
})
async function start(options: KitOptions): Promise<Kit> {
  return (kit = open = await startKit(options))
}

const codeOf = (answer: Called): string | null => answer.header('cloakroom-error')
const get = (path: string, cookie?: string, headers: readonly (readonly [string, string])[] = []) =>
  kit.call('GET', path, { ...(cookie === undefined ? {} : { cookie }), headers })
const challengeIn = (answer: Called) => (JSON.parse(answer.text) as { challenge: ChallengeView }).challenge
const NAVIGATION = [
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
  ['sec-fetch-site', 'none'],
  ['accept', 'text/html'],
] as const

const CHALLENGE = rulesOf({
  id: 'prove-it',
  when: 'route.api == "shop"',
  does: '{ challenge: { pow: easy, else: { block: 403 } } }',
})

/** Hands a solution in and answers with the pass cookie, to be sent along. */
async function clear(challenge: ChallengeView, cookie: string): Promise<string> {
  const answer = await kit.call('POST', challenge.clearAt, { cookie, json: { solution: await solve(challenge) } })
  if (answer.status !== 204) throw new Error(`${answer.status} ${answer.text}`)
  return (
    answer
      .all('set-cookie')
      .find((line) => line.startsWith('__Host-Http-pass='))
      ?.split(';', 1)[0] ?? ''
  )
}

describe('RATE-12 a rule that challenges', () => {
  test('a script gets the puzzle, solves it, and its call goes through; the API saw nothing before', async () => {
    await start({ guard: CHALLENGE })
    const cookie = await kit.signIn()
    const refused = await get('/api/shop/products', cookie)
    expect([refused.status, codeOf(refused), refused.header('content-type')]).toEqual([
      403,
      'challenge_required',
      'application/problem+json',
    ])
    expect(kit.upstream.requests).toHaveLength(0)
    const pass = await clear(challengeIn(refused), cookie)
    expect((await get('/api/shop/products', `${cookie}; ${pass}`)).status).toBe(200)
    expect(kit.upstream.requests).toHaveLength(1)
    expect(JSON.stringify(kit.upstream.requests[0])).not.toContain('Http-pass')
  })

  test('the pass is for this route and this session: another session, another route and no session are challenged anew', async () => {
    await start({ guard: CHALLENGE })
    await kit.addAccount('bea')
    const [ada, bea] = [await kit.signIn(), await kit.signIn('bea')]
    const pass = await clear(challengeIn(await get('/api/shop/products', ada)), ada)
    expect(codeOf(await get('/api/shop/products', `${bea}; ${pass}`))).toBe('challenge_required')
    expect(codeOf(await get('/api/shop/products', pass))).toBe('challenge_required')
    expect(codeOf(await get('/api/shop/products', `${ada}; ${pass}`, [['user-agent', 'another']]))).toBe('challenge_required')
    expect(codeOf(await kit.call('POST', '/api/shop/orders', { cookie: `${ada}; ${pass}`, json: {} }))).toBe('challenge_required')
    kit.clock.now += 15 * 60_000
    expect(codeOf(await get('/api/shop/products', `${ada}; ${pass}`))).toBe('challenge_required')
  })

  test('a person gets a page that works it out and leads on; it is never stored', async () => {
    await start({ guard: CHALLENGE, config: { shop: { destinations: ['empty', 'document'] } } })
    const page = await get('/api/shop/products', await kit.signIn(), NAVIGATION)
    expect([page.status, page.header('content-type'), page.header('cache-control')]).toEqual([403, 'text/html; charset=utf-8', 'no-store'])
    expect(page.text).toContain('value="/api/shop/products"')
    for (const asset of ['/auth/challenge.js', '/auth/style.css']) expect((await get(asset)).status).toBe(200)
  })

  test('where it cannot be given, the block that the rule names stands in', async () => {
    await start({ guard: CHALLENGE, config: { shop: { allow: ['GET /**', 'POST /orders', 'WS /**'] } } })
    const cookie = await kit.signIn()
    const form = await kit.call('POST', '/api/shop/orders', { cookie, json: {}, headers: [['sec-fetch-mode', 'navigate']] })
    expect([form.status, codeOf(form)]).toEqual([403, 'blocked'])
  })

  test('the sign-in can be challenged, page and call: nothing that the challenge is made of is', async () => {
    await start({ guard: rulesOf({ id: 'all', when: 'route.kind == "own"', does: '{ challenge: { pow: easy, else: { block: 403 } } }' }) })
    const page = await get('/auth/login', undefined, NAVIGATION)
    expect([page.status, page.text.includes('value="/auth/login"')]).toEqual([403, true])
    const login = await kit.call('POST', '/auth/login', { json: { account: 'ada', password: 'x' } })
    expect(codeOf(login)).toBe('challenge_required')
    const pass = await clear(challengeIn(login), 'a=b')
    expect(codeOf(await kit.call('POST', '/auth/login', { cookie: pass, json: { account: 'ada', password: 'x' } }))).toBe('login_failed')
  })

  test('in shadow nobody is challenged, and `explain` says who would have been', async () => {
    await start({ guard: CHALLENGE.replace('  - id: prove-it', '  - id: prove-it\n    mode: shadow') })
    const cookie = await kit.signIn()
    expect((await get('/api/shop/products', cookie)).status).toBe(200)
    await vi.waitFor(async () => {
      const { records } = await kit.stores.decisions.page('passed', 0, 0, 10)
      expect(records.flatMap(({ rules }) => rules)).toContainEqual(
        expect.objectContaining({ rule: 'prove-it', did: [], would: ['challenge'] }),
      )
    })
  })
})

describe('a rule that bans', () => {
  const PROBE = guardOf('', {
    id: 'probe',
    when: 'request.path.startsWith("/.env")',
    does: '{ ban: { key: ip.net, for: "10m * 2^min(prior_bans, 3)" } }',
  })
  const EVIL = [['x-forwarded-for', '198.51.100.66']] as const

  test('shuts the address out of everything, longer each time, and tells the audit trail which rule it was', async () => {
    await start({ guard: PROBE, config: { trustedProxies: ['127.0.0.1'] } })
    const minutes: number[] = []
    for (let n = 0; n < 5; n += 1) {
      const cookie = await kit.signIn()
      expect(codeOf(await get('/.env', undefined, EVIL))).toBe('blocked')
      const refused = await get('/api/shop/products', cookie, EVIL)
      expect([refused.status, codeOf(refused)]).toEqual([403, 'banned'])
      minutes.push(Number(refused.header('retry-after')) / 60)
      expect((await get('/api/shop/products', cookie)).status).toBe(200)
      kit.clock.now += Number(refused.header('retry-after')) * 1000
    }
    expect(minutes).toEqual([10, 20, 40, 80, 80])
    await vi.waitFor(() =>
      expect(kit.auditLines()).toContainEqual(
        expect.objectContaining({ kind: 'ban.started', rule: 'probe', target: 'ip.net 198.51.100.66' }),
      ),
    )
  })

  test('never bans the proxy through which everybody comes', async () => {
    await start({ guard: PROBE, config: { trustedProxies: ['127.0.0.1'] } })
    expect(codeOf(await get('/.env'))).toBe('blocked')
    expect(await kit.stores.bans.list(kit.clock.now)).toEqual([])
    expect(codeOf(await get('/auth/session'))).toBeNull()
  })

  test('never bans whoever is on a list of those who are never banned, not for an event either', async () => {
    const guard = guardOf(
      `lists: { staff: { cidr: [198.51.100.66], never_banned: true } }
signals: { fails: { on: event, when: event.type == "login.failed", key: ip.net, sum: { per: 1h, max: 1 } } }`,
      { id: 'probe', when: 'request.path.startsWith("/.env")', does: '{ ban: { key: [ip.net, session], for: 10m } }' },
      { id: 'guesser', phase: 'event', when: 'signal.fails.over', does: '{ ban: { key: ip.net, for: 10m } }' },
    )
    await start({ guard, config: { trustedProxies: ['127.0.0.1'] } })
    const others = [['x-forwarded-for', '198.51.100.67']] as const
    for (const headers of [EVIL, others]) {
      expect(codeOf(await get('/.env', await kit.signIn(), headers))).toBe('blocked')
      for (let n = 0; n < 3; n += 1) await kit.call('POST', '/auth/login', { headers, json: { account: 'ada', password: 'wrong wrong' } })
    }
    await vi.waitFor(async () => {
      const banned = await kit.stores.bans.list(kit.clock.now)
      expect(new Set(banned.flatMap(({ kind, value }) => (kind === 'ip.net' ? [value] : [])))).toEqual(new Set(['198.51.100.67']))
      expect(banned.filter(({ kind }) => kind === 'session')).toHaveLength(1)
    })
    await kit.running.close(0)
    expect(kit.auditLines()).toContainEqual(
      expect.objectContaining({
        kind: 'ban.started',
        result: 'refused',
        reason: '198.51.100.66 is on a list of those who are never banned',
      }),
    )
  })

  test('bans a session and not the account’s others', async () => {
    await start({ guard: rulesOf({ id: 'odd', when: 'request.path.endsWith("/odd")', does: '{ ban: { key: session, for: 10m } }' }) })
    const [one, other] = [await kit.signIn(), await kit.signIn()]
    await get('/api/shop/odd', one)
    expect(codeOf(await get('/api/shop/products', one))).toBe('banned')
    expect((await get('/api/shop/products', other)).status).toBe(200)
  })
})

test('a rule that holds in a tarpit sends its refusal slowly, and as a block at once when too many are held', async () => {
  await start({
    guard: rulesOf({ id: 'mud', when: 'request.path.endsWith("/mud")', does: '{ tarpit: { for: 3s, else: { block: 403 } } }' }),
  })
  const cookie = await kit.signIn()
  const began = performance.now()
  const slow = await get('/api/shop/mud', cookie)
  expect(performance.now() - began).toBeGreaterThan(3_900)
  expect(slow.text).toMatch(/^ +\{/)
  expect(JSON.parse(slow.text)).toMatchObject({ code: 'blocked' })
  expect(kit.upstream.requests).toHaveLength(0)
}, 20_000)

test('what a rule says to tell somebody reaches the owner’s webhook, grouped', async () => {
  const got: string[] = []
  const hook = createServer((request, response) => {
    let text = ''
    request
      .on('data', (bytes: Buffer) => (text += bytes.toString()))
      .on('end', () => {
        got.push(text)
        response.end()
      })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  try {
    await start({
      guard: rulesOf({ id: 'tell', when: 'request.path.endsWith("/odd")', does: '{ notify: security }' }),
      config: { notify: { webhook: { url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}` } } },
    })
    const cookie = await kit.signIn()
    for (let n = 0; n < 3; n += 1) await get('/api/shop/odd', cookie)
    await kit.running.close(0)
    expect(got).toHaveLength(1)
    // The upstream of these tests echoes its secret, which the owner is told, too.
    const { messages } = JSON.parse(got[0] ?? '') as { messages: object[] }
    expect(messages).toContainEqual(expect.objectContaining({ topic: 'tell', count: 3 }))
  } finally {
    hook.close()
  }
})

test('what a rule says to tell somebody is in the audit trail', async () => {
  await start({ guard: rulesOf({ id: 'tell', when: 'request.path.endsWith("/odd")', does: '{ notify: security }' }) })
  expect((await get('/api/shop/odd', await kit.signIn())).status).toBe(200)
  await vi.waitFor(() => expect(kit.auditLines()).toContainEqual(expect.objectContaining({ kind: 'guard.noted', rule: 'tell' })))
})
