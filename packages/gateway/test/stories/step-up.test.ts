import { afterEach, describe, expect, test } from 'vitest'
import { type Kit, type KitOptions, PASSWORD, startKit } from '../kit.ts'

const MINUTE = 60_000
const NAVIGATION = [
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
  ['accept', 'text/html'],
] as const

const FRESH: KitOptions = {
  config: { site: import.meta.dirname },
  apis: (upstream) => ({
    payments: { path: '/api/payments', upstream, credential: 'shop-key', allow: ['POST /**', 'GET /**'], access: { fresh: '5m' } },
  }),
}

let kit: Kit
afterEach(() => kit.close())

const pay = (cookie: string) => kit.call('POST', '/api/payments/7', { cookie, json: { amount: 1 } })
const confirm = (cookie: string, password = PASSWORD) => kit.call('POST', '/auth/step-up', { cookie, json: { password } })
const sessionOf = (answer: Awaited<ReturnType<Kit['call']>>): string =>
  answer
    .all('set-cookie')
    .find((line) => line.startsWith('__Host-Http-session='))
    ?.split(';', 1)[0] ?? ''

describe('an API that needs a fresh proof', () => {
  test('SES-20 SES-04 passes after signing in, asks again after five minutes, and passes under a new identifier once confirmed', async () => {
    kit = await startKit(FRESH)
    const cookie = await kit.signIn()
    expect((await pay(cookie)).status).toBe(200)
    kit.clock.now += 5 * MINUTE
    const before = kit.upstream.requests.length
    const challenged = await pay(cookie)
    expect(challenged.status).toBe(401)
    expect(JSON.parse(challenged.text)).toMatchObject({ code: 'step_up_required', stepUp: '/auth/step-up', maxAge: 300 })
    // RFC 9470 §3.
    expect(challenged.header('www-authenticate')).toMatch(/^Cookie error="insufficient_user_authentication", .*max_age="300"$/)
    expect(kit.upstream.requests.length).toBe(before)
    // Everything that needs no fresh proof goes on.
    expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(200)
    const confirmed = await confirm(cookie)
    expect(confirmed.status).toBe(200)
    const next = sessionOf(confirmed)
    expect(next).not.toBe('')
    expect(next).not.toBe(cookie)
    expect((await pay(next)).status).toBe(200)
    const late = await pay(cookie)
    expect([late.status, late.header('cloakroom-error'), late.header('retry-after')]).toEqual([401, 'session_replaced', '1'])
  })

  test('a wrong password confirms nothing and changes nothing', async () => {
    kit = await startKit(FRESH)
    const cookie = await kit.signIn()
    kit.clock.now += 6 * MINUTE
    const refused = await confirm(cookie, 'not the password')
    expect([refused.status, refused.header('cloakroom-error'), refused.all('set-cookie')]).toEqual([403, 'password_wrong', []])
    expect((await pay(cookie)).header('cloakroom-error')).toBe('step_up_required')
    expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(200)
  })

  test('guessing in a session that was left open is throttled', async () => {
    kit = await startKit(FRESH)
    const cookie = await kit.signIn()
    const codes: (string | null)[] = []
    for (let attempt = 0; attempt < 7; attempt += 1) codes.push((await confirm(cookie, 'not the password')).header('cloakroom-error'))
    expect(codes.at(-1)).toBe('too_many_attempts')
    // The right one has to wait as well, or the answer would tell.
    expect((await confirm(cookie)).status).toBe(429)
  })

  test('a person is led to the page that asks, and back to what he was doing', async () => {
    kit = await startKit({ ...FRESH, config: { site: { folder: import.meta.dirname, access: { fresh: '5m' } } } })
    const cookie = await kit.signIn()
    kit.clock.now += 6 * MINUTE
    const led = await kit.call('GET', '/orders?id=7', { cookie, headers: NAVIGATION })
    expect([led.status, led.header('location')]).toEqual([303, '/auth/step-up?next=%2Forders%3Fid%3D7'])
    const page = await kit.call('GET', String(led.header('location')), { cookie, headers: NAVIGATION })
    expect(page.status).toBe(200)
    expect(page.text).toContain('value="/orders?id=7"')
    const sent = await kit.call('POST', '/auth/step-up', {
      cookie,
      headers: [...NAVIGATION, ['content-type', 'application/x-www-form-urlencoded']],
      body: new URLSearchParams({ password: PASSWORD, next: '/orders?id=7' }).toString(),
    })
    expect([sent.status, sent.header('location')]).toEqual([303, '/orders?id=7'])
  })

  test('the page leads nowhere else', async () => {
    kit = await startKit(FRESH)
    let cookie = await kit.signIn()
    for (const next of ['https://evil.example', '//evil.example', '/auth/logout']) {
      const sent = await kit.call('POST', '/auth/step-up', {
        cookie,
        headers: [...NAVIGATION, ['content-type', 'application/x-www-form-urlencoded']],
        body: new URLSearchParams({ password: PASSWORD, next }).toString(),
      })
      expect(sent.header('location')).toBe('/')
      cookie = sessionOf(sent)
    }
  })

  test('SES-10 confirming also begins the session’s time anew', async () => {
    kit = await startKit({ ...FRESH, config: { ...FRESH.config, sessions: { idle: '30m', absolute: '12h' } } })
    let cookie = await kit.signIn()
    for (let passed = 0; passed < 11 * 60; passed += 20) {
      kit.clock.now += 20 * MINUTE
      expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(200)
    }
    cookie = sessionOf(await confirm(cookie))
    for (let passed = 0; passed < 11 * 60; passed += 20) {
      kit.clock.now += 20 * MINUTE
      expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(200)
    }
  })

  test('a session that is ended while the proof is checked does not come back', async () => {
    kit = await startKit({
      ...FRESH,
      wrapStores: (stores) => ({
        ...stores,
        sessions: {
          ...stores.sessions,
          async rotate(old, next) {
            await stores.sessions.revokeAll(next.account, next.seenAt, 'ended-by-owner')
            return await stores.sessions.rotate(old, next)
          },
        },
      }),
    })
    const cookie = await kit.signIn()
    const answer = await confirm(cookie)
    expect([answer.status, answer.all('set-cookie')]).toEqual([401, []])
    expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(401)
  })

  test('two confirmations at once leave one session, and neither brings the old identifier back', async () => {
    kit = await startKit(FRESH)
    const cookie = await kit.signIn()
    const answers = await Promise.all([confirm(cookie), confirm(cookie), confirm(cookie)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const next = answers.map(sessionOf).find((each) => each !== '') ?? ''
    expect((await pay(next)).status).toBe(200)
    expect((await pay(cookie)).header('cloakroom-error')).toBe('session_replaced')
  })
})
