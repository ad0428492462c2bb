import { hash } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Kit, type KitOptions, startKit } from '../kit.ts'

let kit: Kit
afterEach(() => kit?.close())

const SHOP: NonNullable<NonNullable<KitOptions['config']>['shop']> = {
  allow: ['GET /**', 'POST /orders', 'DELETE /orders/*', 'POST /payments'],
  actionTokens: { 'POST /orders': 'session', 'DELETE /orders/*': 'session', 'POST /payments': 'once' },
}
const HOUR = 3_600_000

async function start(options: KitOptions['config'] = {}): Promise<string> {
  kit = await startKit({ config: { ...options, shop: { ...SHOP, ...options.shop } } })
  await kit.addAccount('grace')
  return await kit.signIn()
}

const bodyHash = (body: string): string => hash('sha256', body, 'base64url')

async function mint(cookie: string, call: string, body?: string): Promise<string> {
  const minted = await kit.call('POST', '/auth/action', {
    cookie,
    json: { call, ...(body === undefined ? {} : { bodyHash: bodyHash(body) }) },
  })
  return (JSON.parse(minted.text) as { actionToken: string }).actionToken
}

async function send(cookie: string, token: string | null, { method = 'POST', path = '/api/shop/orders', body = '' } = {}) {
  const headers = token === null ? [] : [['cloakroom-action', token] as const]
  const called = await kit.call(method, path, { cookie, headers, body })
  return { status: called.status, code: called.header('cloakroom-error'), next: called.header('cloakroom-action') }
}

describe('a line of `allow` that demands a token of the session', () => {
  test('CSRF-09 NONCE-4 passes with one, and brings a fresh one with the answer', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/orders')
    const first = await send(cookie, token)
    expect(first).toMatchObject({ status: 200, code: null, next: expect.stringMatching(/^s\.[\w-]{43}$/) })
    kit.clock.now += HOUR
    expect((await send(await kit.signIn(), first.next)).code).toBe('action_token_refused')
    // Of this session: still good in the next tick, and what it brings is of that tick.
    expect(kit.upstream.requests[0]?.header('cloakroom-action')).toBeNull()
  })

  test('without one it is refused, and other lines need none', async () => {
    const cookie = await start()
    expect(await send(cookie, null)).toMatchObject({ status: 403, code: 'action_token_missing' })
    expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(200)
    expect(kit.upstream.requests).toHaveLength(1)
  })

  test('NONCE-1 it is good for the tick in which it was made and the next one, and no longer', async () => {
    const cookie = await start({ sessions: { idle: '8h', actionTick: '1h' } })
    kit.clock.now = Date.UTC(2026, 10, 23, 12)
    const token = await mint(cookie, 'POST /api/shop/orders')
    for (const [at, code] of [
      [0, null],
      [2 * HOUR - 1, null],
      [2 * HOUR, 'action_token_refused'],
    ] as const) {
      kit.clock.now = Date.UTC(2026, 10, 23, 12) + at
      expect((await send(cookie, token)).code).toBe(code)
    }
  })

  test('CSRF-09 NONCE-2 it is good for one session and one line only', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/orders')
    const again = await kit.signIn()
    const grace = await kit.signIn('grace')
    for (const other of [again, grace]) expect((await send(other, token)).code).toBe('action_token_refused')
    expect((await send(cookie, token, { method: 'DELETE', path: '/api/shop/orders/7' })).code).toBe('action_token_refused')
    expect(kit.upstream.requests).toHaveLength(0)
  })

  test('CSRF-09 NONCE-3 it dies with its session', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/orders')
    await kit.call('POST', '/auth/logout', { cookie })
    expect((await send(cookie, token)).code).toBe('session_required')
    expect((await send(await kit.signIn(), token)).code).toBe('action_token_refused')
  })

  test('two of them in one call are none', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/orders')
    const called = await kit.call('POST', '/api/shop/orders', {
      cookie,
      headers: [
        ['cloakroom-action', token],
        ['cloakroom-action', token],
      ],
    })
    expect(called.header('cloakroom-error')).toBe('action_token_refused')
  })
})

describe('a line that demands a token for one use', () => {
  const pay = { path: '/api/shop/payments', body: '{"amount":5}' }

  test('REV-06 a hundred calls at once with one token: one of them passes', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/payments', pay.body)
    const sent = await Promise.all(Array.from({ length: 100 }, () => send(cookie, token, pay)))
    expect(sent.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(sent.filter(({ code }) => code === 'action_token_spent')).toHaveLength(99)
    expect(kit.upstream.requests.map(({ body }) => body.toString())).toEqual([pay.body])
  })

  test('REV-06 two gateways on one store take it once, too', async () => {
    const cookie = await start()
    const twin = await kit.twin()
    const token = await mint(cookie, 'POST /api/shop/payments', pay.body)
    const options = { cookie, headers: [['cloakroom-action', token]] as const, body: pay.body }
    const codes = [await kit.call('POST', pay.path, options), await twin.call('POST', pay.path, options)].map((each) => each.status)
    expect(codes).toEqual([200, 403])
  })

  test('REV-07 another body, session or address does not use it up', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/payments', pay.body)
    expect((await send(cookie, token, { ...pay, body: '{"amount":50}' })).code).toBe('action_token_refused')
    expect((await send(cookie, token, { ...pay, body: '' })).code).toBe('action_token_refused')
    expect((await send(await kit.signIn(), token, pay)).code).toBe('action_token_refused')
    expect((await send(cookie, token, { ...pay, path: '/api/shop/payments?to=other' })).code).toBe('action_token_refused')
    expect(kit.upstream.requests).toHaveLength(0)
    expect((await send(cookie, token, pay)).status).toBe(200)
  })

  test('REV-07 a second use is an event that the owner sees', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/payments', pay.body)
    for (const code of [null, 'action_token_spent']) expect((await send(cookie, token, pay)).code).toBe(code)
    await vi.waitUntil(() => kit.auditLines().some(({ kind }) => kind === 'action_token.reused'))
    const line = kit.auditLines().find(({ kind }) => kind === 'action_token.reused')
    expect(line).toMatchObject({ target: 'shop: POST /payments', result: 'refused', actor: { account: 'ada' } })
    expect(JSON.stringify(kit.auditLines())).not.toContain(token)
  })

  test('REV-06 it ends after five minutes, and its end cannot be moved', async () => {
    const cookie = await start()
    const token = await mint(cookie, 'POST /api/shop/payments', pay.body)
    const [, , end = ''] = token.split('.')
    kit.clock.now += 300_000
    expect((await send(cookie, token, pay)).code).toBe('action_token_refused')
    expect((await send(cookie, token.replace(end, String(Number(end) + 60_000)), pay)).code).toBe('action_token_refused')
    expect(kit.upstream.requests).toHaveLength(0)
  })

  test('a body that is too large to be judged whole is refused before it is read', async () => {
    const cookie = await start()
    const body = 'x'.repeat(1_048_577)
    const token = await mint(cookie, 'POST /api/shop/payments', body)
    expect((await send(cookie, token, { ...pay, body })).code).toBe('body_too_large')
  })
})

describe('POST /auth/action', () => {
  test('says what a call needs, and gives nothing to a stranger', async () => {
    const cookie = await start()
    const ask = async (call: unknown, jar?: string) => {
      const answer = await kit.call('POST', '/auth/action', { json: { call }, ...(jar === undefined ? {} : { cookie: jar }) })
      return [answer.status, answer.header('cloakroom-error') ?? (JSON.parse(answer.text) as { use: string }).use]
    }
    expect(await ask('GET /api/shop/products', cookie)).toEqual([200, 'none'])
    expect(await ask('POST /api/shop/orders', cookie)).toEqual([200, 'session'])
    expect(await ask('POST /api/shop/orders')).toEqual([401, 'session_required'])
    expect(await ask('POST /api/shop/nothing', cookie)).toEqual([404, 'not_found'])
    expect(await ask('POST /auth/logout', cookie)).toEqual([404, 'not_found'])
    for (const call of ['', 'POST', 'POST https://evil.example/', 'POST /api/shop/../x', 'post /api/shop/orders'])
      expect(await ask(call, cookie)).toEqual([400, 'body_unreadable'])
  })

  test('a visit gets tokens, too', async () => {
    await start({ shop: { access: 'visitor' } })
    const begun = await kit.call('POST', '/auth/visit')
    const cookie = begun.all('set-cookie')[0]?.split(';', 1)[0] ?? ''
    const token = await mint(cookie, 'POST /api/shop/orders')
    expect((await send(cookie, token)).status).toBe(200)
    const other = (await kit.call('POST', '/auth/visit')).all('set-cookie')[0]?.split(';', 1)[0] ?? ''
    expect((await send(other, token)).code).toBe('action_token_refused')
  })
})

test('a store that is down lets no one-time token pass', async () => {
  const broken = { is: false }
  kit = await startKit({
    config: { shop: SHOP },
    wrapStores: (stores) => ({
      ...stores,
      nonces: {
        ...stores.nonces,
        spend(purpose, id, end) {
          if (broken.is) throw new Error('disk I/O error')
          return stores.nonces.spend(purpose, id, end)
        },
      },
    }),
  })
  const cookie = await kit.signIn()
  const token = await mint(cookie, 'POST /api/shop/payments', '')
  broken.is = true
  expect((await send(cookie, token, { path: '/api/shop/payments' })).code).toBe('store_unavailable')
  expect(kit.upstream.requests).toHaveLength(0)
})
