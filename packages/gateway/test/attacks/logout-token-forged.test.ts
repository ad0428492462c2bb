import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { EC, encode, type HostileProvider, jwkOf, jwt, RSA, signInAt, startHostileProvider, STRANGE } from '../hostile-provider.ts'
import { call } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'
import { Browser, startOidcKit } from '../oidc-kit.ts'

const CLIENT = 'cloakroom'
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

let op: HostileProvider
let kit: Kit
beforeEach(async () => {
  op = await startHostileProvider(CLIENT)
  kit = await startKit({
    startAt: systemClock(),
    config: {
      oidc: { acme: { issuer: op.issuer, clientId: CLIENT, credential: 'acme-client', admit: 'anybody', frontChannelLogout: true } },
    },
    secrets: [{ name: 'acme-client', value: 'the secret of the client', origins: [op.issuer] }],
  })
})
afterEach(async () => {
  await kit.close()
  await op.close()
})

/** Signed in as `sub`, in the provider's session `sid`. */
async function signedIn(sub = 'subject-of-ada', sid = 'sid-1'): Promise<Browser> {
  const browser = new Browser(kit)
  await signInAt(op, browser, { sub, sid, preferred_username: sub })
  expect(await isSignedIn(browser)).toBe(true)
  return browser
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (JSON.parse((await browser.fetch('/auth/session?passive=1')).text) as { active: boolean }).active
}

function rightClaims(): Record<string, unknown> {
  const now = Math.floor(systemClock() / 1000)
  return {
    iss: op.issuer,
    aud: CLIENT,
    iat: now,
    exp: now + 120,
    jti: `j-${now}-${Math.floor(performance.now() * 1000)}`,
    sub: 'subject-of-ada',
    events: { [EVENT]: {} },
  }
}

const logoutToken = (change: Record<string, unknown> = {}) => jwt({ ...rightClaims(), ...change }, RSA, { typ: 'logout+jwt' })

async function post(body: string, type = 'application/x-www-form-urlencoded') {
  return await kit.call('POST', '/auth/oidc/backchannel-logout', { from: 'none', headers: [['content-type', type]], body })
}

describe('OIDC-14 a logout token that does not hold ends nothing', () => {
  const without = (name: string) => () => {
    const { [name]: _, ...claims } = rightClaims()
    return jwt(claims, RSA, { typ: 'logout+jwt' })
  }
  const now = (): number => Math.floor(systemClock() / 1000)
  test.each<readonly [string, () => string]>([
    ['nonsense', () => 'nonsense'],
    ['not signed', () => `${encode({ alg: 'none', typ: 'logout+jwt' })}.${encode(rightClaims())}.`],
    ['signed by a stranger', () => jwt(rightClaims(), STRANGE, { typ: 'logout+jwt' })],
    ['signed with a stranger’s key in its header', () => jwt(rightClaims(), STRANGE, { typ: 'logout+jwt', jwk: jwkOf(STRANGE) })],
    ['another algorithm than was agreed', () => jwt(rightClaims(), EC, { typ: 'logout+jwt' })],
    [
      'changed after signing',
      () => {
        const [head, , signature] = logoutToken({ sub: 'somebody' }).split('.')
        return `${head}.${encode(rightClaims())}.${signature}`
      },
    ],
    ['another issuer', () => logoutToken({ iss: 'https://evil.example' })],
    ['another audience', () => logoutToken({ aud: 'another-client' })],
    ['expired', () => logoutToken({ iat: now() - 600, exp: now() - 300 })],
    ['issued in the future', () => logoutToken({ iat: now() + 600, exp: now() + 700 })],
    ['valid for a year', () => logoutToken({ exp: now() + 31_536_000 })],
    ['without a time of issue', without('iat')],
    ['without an expiry', without('exp')],
    ['without an identifier', without('jti')],
    ['without a subject and a session', without('sub')],
    ['without events', without('events')],
    ['with another event', () => logoutToken({ events: { 'http://schemas.openid.net/event/other': {} } })],
    ['with an event that is no object', () => logoutToken({ events: { [EVENT]: true } })],
    ['with a nonce, as an ID token has', () => logoutToken({ nonce: 'n' })],
    ['an ID token', () => jwt(op.claims('n'))],
    ['of another type', () => jwt(rightClaims(), RSA, { typ: 'at+jwt' })],
    ['a subject that is no text', () => logoutToken({ sub: 7 })],
  ])('%s', async (_what, forged) => {
    const browser = await signedIn()
    const answer = await post(`logout_token=${forged()}`)
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([400, 'logout_token_refused'])
    expect(await isSignedIn(browser)).toBe(true)
  })

  test('in a body that is no form, or twice in one', async () => {
    const browser = await signedIn()
    expect((await post(JSON.stringify({ logout_token: logoutToken() }), 'application/json')).status).toBe(415)
    expect((await post(`logout_token=${logoutToken()}&logout_token=x`)).status).toBe(400)
    expect(await isSignedIn(browser)).toBe(true)
  })
})

test('OIDC-14 the right one ends the session at once, and is not to be kept by anybody', async () => {
  const browser = await signedIn()
  const answer = await post(`logout_token=${logoutToken()}`)
  expect([answer.status, answer.header('cache-control')]).toEqual([200, 'no-store'])
  expect(await isSignedIn(browser)).toBe(false)
})

test('OIDC-15 it counts once', async () => {
  // Made a moment ago: what is as old as the token, to the second, may be what it ends.
  const first = logoutToken({ iat: Math.floor(systemClock() / 1000) - 2 })
  await signedIn()
  expect((await post(`logout_token=${first}`)).status).toBe(200)
  const again = await signedIn()
  expect((await post(`logout_token=${first}`)).status).toBe(400)
  expect(await isSignedIn(again)).toBe(true)
})

test('OIDC-16 with the provider’s session only that one ends, with the person alone all of hers', async () => {
  const [one, two, bob] = [await signedIn('ada', 'sid-1'), await signedIn('ada', 'sid-2'), await signedIn('bob', 'sid-3')]
  await post(`logout_token=${logoutToken({ sub: 'ada', sid: 'sid-1' })}`)
  expect([await isSignedIn(one), await isSignedIn(two), await isSignedIn(bob)]).toEqual([false, true, true])
  const three = await signedIn('ada', 'sid-4')
  await post(`logout_token=${logoutToken({ sub: 'ada' })}`)
  expect([await isSignedIn(two), await isSignedIn(three), await isSignedIn(bob)]).toEqual([false, false, true])
})

test('the front channel needs the provider’s own name for the session', async () => {
  const [ada, bob] = [await signedIn('ada', 'sid-1'), await signedIn('bob', 'sid-2')]
  const frame = (query: string) => kit.call('GET', `/auth/oidc/frontchannel-logout?${query}`, { from: 'none' })
  const iss = encodeURIComponent(op.issuer)
  for (const query of [
    '',
    `iss=${iss}`,
    'sid=sid-1',
    `iss=https://evil.example&sid=sid-1`,
    `iss=${iss}&sid=`,
    `iss=${iss}&sid=x&sid=sid-1`,
  ])
    expect((await frame(query)).status).toBe(404)
  expect((await frame(`iss=${iss}&sid=guessed`)).status).toBe(200)
  expect([await isSignedIn(ada), await isSignedIn(bob)]).toEqual([true, true])
  expect((await frame(`iss=${iss}&sid=sid-1`)).status).toBe(200)
  expect([await isSignedIn(ada), await isSignedIn(bob)]).toEqual([false, true])
})

test('OIDC-14 a real provider that ends a session ends ours', async () => {
  const real = await startOidcKit({
    configuration: {
      // `localhost` leads to another address than the one that the gateway listens on.
      async fetch(url, { body } = {}) {
        const { port, pathname, host } = new URL(url instanceof Request ? url.url : url)
        const headers = [['content-type', 'application/x-www-form-urlencoded']] as const
        const answer = await call(Number(port), 'POST', pathname, {
          host,
          from: 'none',
          headers,
          body: body instanceof URLSearchParams ? body.toString() : '',
        })
        return new Response(answer.text, { status: answer.status })
      },
    },
  })
  try {
    const browser = real.browse()
    await browser.signIn()
    const told = new Promise((done) => {
      real.op.provider().on('backchannel.success', () => done('told'))
      real.op.provider().on('backchannel.error', (_ctx, cause) => done(cause))
    })
    const elsewhere = await browser.go(`${real.op.issuer}/session/end`, null)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(elsewhere.text)?.[1] ?? ''
    await browser.go(`${real.op.issuer}/session/end/confirm`, real.op.issuer, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(await told).toBe('told')
    expect(JSON.parse((await browser.fetch('/auth/session')).text)).toEqual({ active: false })
  } finally {
    await real.close()
  }
})
