import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import type { Stores } from '../../src/store/store.ts'
import { type HostileProvider, jwt, RSA, signInAt, startHostileProvider } from '../hostile-provider.ts'
import { type Kit, startKit } from '../kit.ts'
import { Browser } from '../oidc-kit.ts'
import { codeAt } from '../second-factor.ts'

/** A provider says that somebody signed out, and his sign-in arrives after it: whoever took the slower way in would stay. */
const CLIENT = 'cloakroom'
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

let op: HostileProvider
let kit: Kit
/** Runs right before the provider's tokens are kept for a session. */
let meanwhile: () => Promise<void>
afterEach(async () => {
  await kit?.close()
  await op?.close()
})

async function start(): Promise<void> {
  meanwhile = () => Promise.resolve()
  op = await startHostileProvider(CLIENT)
  const wrapStores = (stores: Stores): Stores => ({
    ...stores,
    grants: {
      ...stores.grants,
      async insert(grant) {
        await meanwhile()
        return await stores.grants.insert(grant)
      },
    },
  })
  kit = await startKit({
    startAt: systemClock(),
    config: { oidc: { acme: { issuer: op.issuer, clientId: CLIENT, credential: 'acme-client', admit: 'anybody' } } },
    secrets: [{ name: 'acme-client', value: 'the secret of the client', origins: [op.issuer] }],
    wrapStores,
  })
}

const seconds = (): number => Math.floor(kit.clock.now / 1000)

async function signOutAtProvider(named: Readonly<Record<string, string>>, iat = seconds()): Promise<void> {
  const claims = { iss: op.issuer, aud: CLIENT, iat, exp: iat + 120, jti: crypto.randomUUID(), events: { [EVENT]: {} }, ...named }
  const body = `logout_token=${jwt(claims, RSA, { typ: 'logout+jwt' })}`
  const headers = [['content-type', 'application/x-www-form-urlencoded']] as const
  expect((await kit.call('POST', '/auth/oidc/backchannel-logout', { from: 'none', headers, body })).status).toBe(200)
}

async function signIn(browser = new Browser(kit), sid = 'sid-1'): Promise<Browser> {
  await signInAt(op, browser, { iat: seconds(), sub: 'subject-of-ada', sid, preferred_username: 'ada' })
  return browser
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (JSON.parse((await browser.fetch('/auth/session?passive=1')).text) as { active: boolean }).active
}

const post = async (browser: Browser, path: string, json: unknown) =>
  await browser.fetch(path, { method: 'POST', body: JSON.stringify(json), headers: { 'content-type': 'application/json' } })

describe('OIDC-14 a logout token that arrives while the sign-in is on its way', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['the provider’s session', { sid: 'sid-1' }],
    ['the person', { sub: 'subject-of-ada' }],
    ['both', { sub: 'subject-of-ada', sid: 'sid-1' }],
  ])('names %s: no session comes of it', async (_what, named) => {
    await start()
    meanwhile = () => signOutAtProvider(named)
    expect(await isSignedIn(await signIn())).toBe(false)
    const [account] = await kit.stores.accounts.list()
    expect(account).toBeDefined()
    for (const { id } of await kit.stores.accounts.list())
      expect((await kit.stores.sessions.list(id)).filter(({ revoked }) => revoked === null)).toEqual([])
  })

  test('of somebody else, or of another session: it is none of theirs', async () => {
    await start()
    meanwhile = async () => {
      await signOutAtProvider({ sid: 'sid-2' })
      await signOutAtProvider({ sub: 'subject-of-bea' })
    }
    expect(await isSignedIn(await signIn())).toBe(true)
  })

  test('and who signs in anew at the provider afterwards, is', async () => {
    await start()
    meanwhile = () => signOutAtProvider({ sub: 'subject-of-ada' })
    expect(await isSignedIn(await signIn())).toBe(false)
    meanwhile = () => Promise.resolve()
    kit.clock.now += 5000
    expect(await isSignedIn(await signIn(undefined, 'sid-3'))).toBe(true)
  })

  test('while a second factor is asked for: the factor opens nothing any more', async () => {
    await start()
    const first = await signIn()
    const shown = JSON.parse((await post(first, '/auth/factors/totp', {})).text) as { key: string; enrolment: string }
    const added = await post(first, '/auth/factors/totp', {
      enrolment: shown.enrolment,
      code: codeAt(shown.key, kit.clock.now),
      name: 'phone',
    })
    expect(added.status).toBe(200)
    for (const [signsOut, stays] of [
      [false, true],
      [true, false],
    ] as const) {
      kit.clock.now += 60_000
      const browser = await signIn(undefined, `sid-${String(signsOut)}`)
      expect(await isSignedIn(browser)).toBe(false)
      if (signsOut) await signOutAtProvider({ sid: `sid-${String(signsOut)}` })
      await post(browser, '/auth/login/factor', { code: codeAt(shown.key, kit.clock.now) })
      expect(await isSignedIn(browser)).toBe(stays)
    }
  })
})
