import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { arm, disarm } from '../../src/guard/guard-switch.ts'
import { manualLater } from '../fakes/later.ts'
import { guardOf, rulesOf } from '../guard-kit.ts'
import { type Kit, type KitOptions, PASSWORD, startKit } from '../kit.ts'

let kit: Kit
let open: Kit | null = null
afterEach(async () => {
  await open?.close()
  open = null
})
async function start(options: KitOptions): Promise<Kit> {
  return (kit = open = await startKit(options))
}

const products = (cookie?: string, path = '/api/shop/products') => kit.call('GET', path, cookie === undefined ? {} : { cookie })
const codeOf = (answer: Awaited<ReturnType<typeof products>>): string | null => answer.header('cloakroom-error')

const CALLS = guardOf(
  'signals:\n  calls: { on: request, when: route.api == "shop", key: session, gcra: { max: 20, per: 60s, burst: 5 } }',
  { id: 'too-many', when: 'signal.calls.over', does: '{ throttle: auto }' },
)

describe('RATE-01 a rule that counts', () => {
  test('lets the burst through, refuses the next with 429, RateLimit and Retry-After, and another visitor is not touched', async () => {
    await start({ guard: CALLS })
    await kit.addAccount('bea')
    const [ada, bea] = [await kit.signIn(), await kit.signIn('bea')]
    for (let n = 0; n < 5; n += 1) expect((await products(ada)).status).toBe(200)
    const sent = kit.upstream.requests.length
    const refused = await products(ada)
    expect([refused.status, codeOf(refused), refused.header('retry-after')]).toEqual([429, 'throttled', '3'])
    expect(refused.header('ratelimit-policy')).toBe('"calls";q=5;w=15')
    expect(refused.header('ratelimit')).toBe('"calls";r=0;t=3')
    expect(kit.upstream.requests.length).toBe(sent)
    expect((await products(bea)).status).toBe(200)
    kit.clock.now += 3000
    expect((await products(ada)).status).toBe(200)
    expect((await products(ada)).status).toBe(429)
  })

  test('tells the visitor nothing but the id of the request, and the audit trail which rule it was', async () => {
    await start({ guard: rulesOf({ id: 'nobody-shall-read-this', when: 'request.path.endsWith("/secret")', does: '{ block: 403 }' }) })
    const answer = await products(await kit.signIn(), '/api/shop/secret')
    expect(JSON.parse(answer.text)).toEqual({
      type: 'about:blank',
      title: 'This request was refused.',
      status: 403,
      code: 'blocked',
      request: expect.any(String),
    })
    expect(answer.text).not.toContain('nobody')
    await kit.running.close(0)
    expect(kit.auditLines()).toContainEqual(
      expect.objectContaining({ kind: 'request.refused', reason: 'blocked', rule: 'nobody-shall-read-this' }),
    )
  })
})

describe('the guard stands before everything', () => {
  const away = (when: string, does = '{ block: 404 }') => rulesOf({ id: 'away', when, does })

  test('a block with 404 is told from nothing by nobody', async () => {
    await start({ guard: away('request.path == "/api/shop/hidden"') })
    const cookie = await kit.signIn()
    const [blocked, absent] = [await products(cookie, '/api/shop/hidden'), await products(cookie, '/nowhere')]
    const shape = (answer: typeof blocked) => [answer.status, codeOf(answer), JSON.parse(answer.text).title]
    expect(shape(blocked)).toEqual(shape(absent))
  })

  test('the login', async () => {
    await start({ guard: away('route.id == "login" && request.method == "POST"', '{ block: 403 }') })
    expect((await kit.call('POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })).status).toBe(403)
    expect((await kit.call('GET', '/auth/login')).status).toBe(200)
  })

  test('paths that do not exist', async () => {
    await start({ guard: away('request.path in glob("/.env*")', '{ block: 403 }') })
    expect([(await kit.call('GET', '/.env.local')).status, (await kit.call('GET', '/other')).status]).toEqual([403, 404])
  })

  test('a WebSocket handshake', async () => {
    await start({ guard: away('request.method == "WS"', '{ block: 403 }'), config: { shop: { allow: ['WS /live', 'GET /**'] } } })
    const cookie = await kit.signIn()
    const headers = [
      ['connection', 'Upgrade'],
      ['upgrade', 'websocket'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ['origin', kit.origin],
    ] as const
    const answer = await kit.call('GET', '/api/shop/live', { cookie, headers })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'blocked'])
  })

  test('RATE-10 being on a list, or skipped, admits nobody', async () => {
    await start({
      guard: guardOf(
        'lists:\n  staff: { cidr: ["127.0.0.0/8"] }',
        { id: 'staff', when: 'ip.addr in lists.staff', does: '{ skip: all }' },
        { id: 'all', when: 'true', does: '{ block: 403 }' },
      ),
    })
    expect((await products()).status).toBe(401)
  })
})

describe('RATE-09 deny lists', () => {
  test('hold for IPv4 and its mapped form, from the file that was named, and are read again when it changes', async () => {
    await start({
      guard: guardOf('lists:\n  denied: { cidr: ["203.0.113.0/24"], file: denied.txt }', {
        id: 'deny',
        when: 'ip.addr in lists.denied',
        does: '{ block: 403 }',
      }),
      files: { 'denied.txt': '198.51.100.7\n' },
      config: { trustedProxies: ['127.0.0.1'] },
    })
    const from = async (address: string) => (await kit.call('GET', '/nowhere', { headers: [['x-forwarded-for', address]] })).status
    expect(await Promise.all(['198.51.100.7', '::ffff:198.51.100.7', '203.0.113.9', '198.51.100.8'].map(from))).toEqual([
      403, 403, 403, 404,
    ])
  })
})

describe('RATE-05 shadow', () => {
  test('answers byte for byte as if the rule were not there', async () => {
    const rules = (mode: string) => rulesOf({ id: 'r', mode, when: 'request.path.endsWith("/a")', does: '{ block: 403 }' })
    const answers: unknown[] = []
    for (const mode of ['off', 'shadow']) {
      await start({ guard: rules(mode) })
      const answer = await products(await kit.signIn(), '/api/shop/a')
      answers.push([
        answer.status,
        answer.headers.map(([name]) => name).toSorted(),
        answer.text.replaceAll(/127\.0\.0\.1:\d+|cloakroom-[0-9a-f]{12}|[0-9a-f-]{36}/g, ''),
      ])
      await kit.close()
      open = null
    }
    expect(answers[1]).toEqual(answers[0])
  })

  test('keeps counters of its own: what it would have refused feeds no signal there', async () => {
    await start({
      guard: guardOf(
        'signals:\n  misses: { on: response, when: response.status == 404, key: actor, leaky: { capacity: 2, leak: 1/60s, distinct: request.path } }',
        { id: 'would', mode: 'shadow', when: 'request.path == "/b"', does: '{ block: 403 }' },
        { id: 'real', when: 'signal.misses.over', does: '{ block: 403 }' },
      ),
    })
    const statuses: number[] = []
    for (const path of ['/a', '/b', '/c', '/d']) statuses.push((await kit.call('GET', path)).status)
    // In the real world /a, /b and /c are three.
    expect(statuses).toEqual([404, 404, 404, 403])
  })
})

describe('measures', () => {
  test('a revoked session is over at once, and its visitor is told to sign in', async () => {
    await start({ guard: rulesOf({ id: 'moved', when: 'session.authenticated && request.ua == "thief"', does: '{ revoke: session }' }) })
    const cookie = await kit.signIn()
    expect((await products(cookie)).status).toBe(200)
    const stolen = await kit.call('GET', '/api/shop/products', { cookie, headers: [['user-agent', 'thief']] })
    expect([stolen.status, codeOf(stolen)]).toEqual([401, 'session_required'])
    expect((await products(cookie)).status).toBe(401)
    await kit.running.close(0)
    expect(kit.auditLines()).toContainEqual(expect.objectContaining({ kind: 'session.ended', reason: 'ended-by-guard' }))
  })

  test('a revoked account loses all its sessions, after an answer as well', async () => {
    await start({
      guard: rulesOf({
        id: 'odd',
        phase: 'response',
        when: 'response.status == 200 && request.ua == "thief"',
        does: '{ revoke: account }',
      }),
    })
    const [one, other] = [await kit.signIn(), await kit.signIn()]
    await kit.call('GET', '/api/shop/products', { cookie: one, headers: [['user-agent', 'thief']] })
    expect([(await products(one)).status, (await products(other)).status]).toEqual([401, 401])
  })

  test('an event of the audit trail can end an account’s sessions', async () => {
    await start({
      guard: guardOf('signals:\n  fails: { on: event, when: event.type == "login.failed", key: account, sum: { per: 1h, max: 2 } }', {
        id: 'guessed',
        phase: 'event',
        when: 'event.type == "login.failed" && signal.fails.over',
        does: '{ revoke: account }',
      }),
    })
    const cookie = await kit.signIn()
    for (let n = 0; n < 3; n += 1) await kit.call('POST', '/auth/login', { json: { account: 'ada', password: `wrong guess ${n}` } })
    await expect.poll(async () => (await products(cookie)).status).toBe(401)
  })

  test('a delayed request is held, then goes on', async () => {
    const time = manualLater()
    await start({ guard: rulesOf({ id: 'slow', when: 'request.path.endsWith("/slow")', does: '{ delay: 2s }' }), later: time.later })
    const cookie = await kit.signIn()
    let answered = false
    const answer = products(cookie, '/api/shop/slow').then((got) => {
      answered = true
      return got
    })
    await expect.poll(() => time.waiting().includes(2000)).toBe(true)
    expect(answered).toBe(false)
    time.pass(2000)
    expect((await answer).status).toBe(200)
  })

  test('points add up over requests until a threshold answers', async () => {
    await start({
      guard: guardOf(
        'signals:\n  suspicion: { on: decision, key: actor, decay: { half_life: 10m } }',
        { id: 'odd', when: 'request.ua == "odd"', does: '{ score: +4, tag: odd-client }' },
        { id: 'enough', when: 'signal.suspicion.count >= 10', does: '{ block: 403 }' },
      ),
    })
    const odd = async () => (await kit.call('GET', '/nowhere', { headers: [['user-agent', 'odd']] })).status
    expect([await odd(), await odd(), await odd(), (await kit.call('GET', '/nowhere')).status]).toEqual([404, 404, 403, 403])
    kit.clock.now += 3_600_000
    expect((await kit.call('GET', '/nowhere')).status).toBe(404)
  })
})

describe('a rule that wants to know once more who it is', () => {
  const rules = rulesOf({
    id: 'fresh',
    when: 'request.path.endsWith("/payout")',
    does: '{ step_up: { max_age: 5m, else: { block: 403 } } }',
  })

  test('sends a session to the confirmation, lets it through when it has just confirmed, and a stranger to the login', async () => {
    await start({ guard: rules })
    const cookie = await kit.signIn()
    expect((await products(cookie, '/api/shop/payout')).status).toBe(200)
    kit.clock.now += 6 * 60_000
    const asked = await products(cookie, '/api/shop/payout')
    expect([asked.status, codeOf(asked), JSON.parse(asked.text).stepUp]).toEqual([401, 'step_up_required', '/auth/step-up'])
    expect((await products(cookie)).status).toBe(200)
    const confirmed = await kit.call('POST', '/auth/step-up', { cookie, json: { password: PASSWORD } })
    const fresh = (confirmed.header('set-cookie') ?? '').split(';')[0] ?? ''
    expect((await products(fresh, '/api/shop/payout')).status).toBe(200)
    expect(codeOf(await products(undefined, '/api/shop/payout'))).toBe('session_required')
  })
})

describe('RATE-11 a store that does not answer', () => {
  const broken = (storeDown: string, limit: { down: boolean }): KitOptions => ({
    config: { shop: { access: 'public', allow: ['GET /**'] } },
    guard: guardOf('signals:\n  calls: { on: request, key: ip.addr, gcra: { max: 5, per: 60s } }', {
      id: 'r',
      when: 'signal.calls.over',
      does: '{ throttle: auto }',
      store_down: storeDown,
    }),
    wrapStores: (stores) => ({
      ...stores,
      counters: {
        ...stores.counters,
        add(hits, at) {
          if (limit.down) throw new Error('the store is gone')
          return stores.counters.add(hits, at)
        },
      },
    }),
  })

  test('refuses, unless the rule says that this process may count alone', async () => {
    await start(broken('refuse', { down: true }))
    expect(codeOf(await products())).toBe('internal')
  })

  test('with store_down: local counting goes on, and the limit holds', async () => {
    const store = { down: true }
    await start(broken('local', store))
    const statuses: number[] = []
    for (let n = 0; n < 8; n += 1) statuses.push((await products()).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    store.down = false
    kit.clock.now += 2000
    // What was counted meanwhile is not forgotten.
    expect((await products()).status).toBe(429)
  })
})

describe('while it runs', () => {
  test('the owner who locked himself out disarms it, and arms it again', async () => {
    const time = manualLater()
    await start({ guard: rulesOf({ id: 'everybody', when: 'true', does: '{ block: 403 }' }), later: time.later })
    const status = async () => (await kit.call('GET', '/nowhere')).status
    expect(await status()).toBe(403)
    disarm(join(kit.folder, 'data'), 'a test')
    time.pass(1000)
    expect(await status()).toBe(404)
    arm(join(kit.folder, 'data'))
    time.pass(1000)
    expect(await status()).toBe(403)
  })

  test('the admin listener is not judged by it', async () => {
    await start({ guard: rulesOf({ id: 'everybody', when: 'true', does: '{ block: 403 }' }) })
    expect((await fetch(`http://127.0.0.1:${kit.running.adminPort}/healthz`)).status).toBe(200)
  })

  test('a rule that hits more of the sessions than it may goes to shadow by itself', async () => {
    await start({ guard: rulesOf({ id: 'wide', when: 'session.authenticated', does: '{ block: 403 }', limits: '{ session_share: 50% }' }) })
    let last = ''
    for (let n = 0; n < 20; n += 1) {
      await kit.addAccount(`user-${n}`)
      kit.clock.now += 10_000
      last = await kit.signIn(`user-${n}`)
      expect((await products(last)).status).toBe(403)
    }
    expect((await products(last)).status).toBe(200)
  })

  test('two gateways on one store keep to one limit within a tenth', async () => {
    await start({
      config: { shop: { access: 'public', allow: ['GET /**'] } },
      guard: guardOf('signals:\n  calls: { on: request, key: ip.addr, gcra: { max: 100, per: 1h } }', {
        id: 'r',
        when: 'signal.calls.over',
        does: '{ throttle: auto }',
      }),
    })
    const twin = await kit.twin()
    let passed = 0
    for (let n = 0; n < 150; n += 1) {
      for (const each of [kit, twin]) if ((await each.call('GET', '/api/shop/products')).status === 200) passed += 1
    }
    expect(passed).toBeGreaterThanOrEqual(90)
    expect(passed).toBeLessThanOrEqual(110)
  })
})
