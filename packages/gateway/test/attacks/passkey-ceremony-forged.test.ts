import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { Authenticator, BE, BS, type Ceremony, UP, UV } from '../authenticator.ts'
import { Jar, type Kit, makeKit, NAME } from '../own-endpoints.ts'
import { postJson, signInWith } from '../second-factor.ts'

let kit: Kit
let device: Authenticator
let account: string
beforeEach(async () => {
  kit = makeKit()
  await kit.addAccount()
  account = (await kit.stores.accounts.findByKey(NAME))?.id ?? ''
  device = new Authenticator()
})

const options = async (cookies: Jar, kind: string) => (await postJson(kit, cookies, '/passkey/options', { for: kind })).json()
const stored = async () => (await kit.stores.factors.list(account)).filter(({ kind }) => kind === 'passkey')

async function register(cookies: Jar, change: Partial<Ceremony> = {}, from = device) {
  return await postJson(kit, cookies, '/factors/passkey', { passkey: from.create(await options(cookies, 'register'), change), name: 'key' })
}
async function signedIn(): Promise<Jar> {
  const cookies = new Jar()
  await signInWith(kit, cookies)
  return cookies
}
async function alone(change: Partial<Ceremony> = {}, from = device) {
  const cookies = new Jar()
  const asked = await options(cookies, 'sign-in')
  return await postJson(kit, cookies, '/login/passkey', { passkey: from.get(asked, { userHandle: account, ...change }) })
}
const refusal = (said: { status: number; header(name: string): string | null }) => [said.status, said.header('cloakroom-error')]
const REFUSED = [401, 'passkey_refused']

describe('a registration that is not what it says', () => {
  test('an honest one is taken', async () => {
    expect((await register(await signedIn())).status).toBe(200)
    expect(await stored()).toHaveLength(1)
  })

  test.each([
    ['another type', { type: 'webauthn.get' }],
    ['another challenge', { challenge: randomBytes(32).toString('base64url') }],
    ['another origin', { origin: 'https://shop.example.evil.example' }],
    ['plain http', { origin: 'http://shop.example' }],
    ['another port', { origin: 'https://shop.example:8443' }],
    ['another site’s RP ID', { rpId: 'evil.example' }],
    ['nobody present', { flags: UV }],
    ['a backup of what cannot be backed up', { flags: UP | UV | BS }],
    ['an algorithm that was not offered', { alg: -47 }],
    ['made in a frame of another site', { crossOrigin: true }],
    ['made below another site', { topOrigin: 'https://evil.example' }],
    ['an identifier that is too long', { credentialId: randomBytes(1024) }],
  ] satisfies [string, Partial<Ceremony>][])('MFA-08 %s', async (_what, change) => {
    expect(refusal(await register(await signedIn(), change))).toEqual(REFUSED)
    expect(await stored()).toEqual([])
  })

  test('MFA-09 an identifier that somebody has, whoever brings it', async () => {
    expect((await register(await signedIn())).status).toBe(200)
    await kit.addAccount('eve')
    const eve = new Jar()
    await signInWith(kit, eve, undefined, 'eve')
    expect(refusal(await register(eve, { credentialId: device.id }, new Authenticator()))).toEqual(REFUSED)
    expect((await stored())[0]?.account).toBe(account)
  })

  test('MFA-12 a challenge counts once, for five minutes, for its own kind, account and browser', async () => {
    const cookies = await signedIn()
    const asked = await options(cookies, 'register')
    const again = new Jar()
    await signInWith(kit, again)
    // Another browser has no such ceremony.
    expect(refusal(await postJson(kit, again, '/factors/passkey', { passkey: device.create(asked) }))).toEqual(REFUSED)
    // One for signing in does not register.
    const other = await options(again, 'sign-in')
    expect(
      refusal(await postJson(kit, again, '/factors/passkey', { passkey: device.create({ ...other, rp: { id: 'shop.example' } }) })),
    ).toEqual(REFUSED)
    const late = await signedIn()
    const old = await options(late, 'register')
    kit.pass(299_000)
    expect((await postJson(kit, late, '/factors/passkey', { passkey: device.create(old) })).status).toBe(200)
    expect(refusal(await postJson(kit, late, '/factors/passkey', { passkey: device.create(old) }))).toEqual([401, 'passkey_refused'])
  })

  test('MFA-13 what identifies the account to the device is random and says nothing', async () => {
    const asked = await options(await signedIn(), 'register')
    const user = asked['user'] as { id: string }
    expect(Buffer.from(user.id, 'base64url')).toHaveLength(16)
    expect(user.id).toBe(account)
    expect(Buffer.from(String(asked['challenge']), 'base64url')).toHaveLength(32)
  })
})

describe('an assertion that is not what it says', () => {
  beforeEach(async () => {
    expect((await register(await signedIn(), { counter: 5, flags: UP | UV | BE })).status).toBe(200)
  })
  const HONEST = { counter: 6, flags: UP | UV | BE } as const

  test('MFA-07 an honest one signs in by itself, without name and password', async () => {
    const said = await alone(HONEST)
    expect([said.status, said.json()['active']]).toEqual([200, true])
    expect(kit.events.some(({ kind, detail }) => kind === 'login.succeeded' && detail['factor'] === 'passkey')).toBe(true)
  })

  test.each([
    ['another type', { type: 'webauthn.create' }],
    ['another challenge', { challenge: randomBytes(32).toString('base64url') }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another site’s RP ID', { rpId: 'evil.example' }],
    ['nobody present', { flags: UV | BE }],
    ['nobody verified', { flags: UP | BE }],
    ['a key that cannot be copied any more', { flags: UP | UV }],
    ['a signature over something else', { forge: true }],
    ['somebody else’s handle', { userHandle: randomBytes(16).toString('base64url') }],
    ['no handle', { userHandle: null }],
    ['a key that nobody has', { credentialId: randomBytes(32) }],
    ['made in a frame of another site', { crossOrigin: true }],
    ['made below another site', { topOrigin: 'https://evil.example' }],
  ] satisfies [string, Partial<Ceremony>][])('MFA-10 %s', async (_what, change) => {
    const said = await alone({ ...HONEST, ...change })
    expect([refusal(said), said.setCookies.filter((line) => line.startsWith('__Host-Http-session='))]).toEqual([REFUSED, []])
  })

  test('MFA-10 another device under the same identifier', async () => {
    expect(refusal(await alone({ ...HONEST, credentialId: device.id }, new Authenticator()))).toEqual(REFUSED)
  })

  test('MFA-11 a counter that does not go up is refused and noted: two devices have the same key', async () => {
    expect((await alone({ ...HONEST, counter: 9 })).status).toBe(200)
    for (const counter of [9, 8, 0]) expect(refusal(await alone({ ...HONEST, counter }))).toEqual(REFUSED)
    expect(kit.events.filter(({ kind }) => kind === 'factor.counter_regressed')).toHaveLength(3)
    expect((await alone({ ...HONEST, counter: 10 })).status).toBe(200)
  })

  test('MFA-12 an answer that was seen does not sign in again', async () => {
    const cookies = new Jar()
    const answer = device.get(await options(cookies, 'sign-in'), { ...HONEST, userHandle: account })
    const thief = new Jar()
    thief.set('__Host-Http-passkey', cookies.value('__Host-Http-passkey') ?? '')
    expect((await postJson(kit, cookies, '/login/passkey', { passkey: answer })).status).toBe(200)
    expect(refusal(await postJson(kit, thief, '/login/passkey', { passkey: answer }))).toEqual(REFUSED)
    const slow = new Jar()
    const late = device.get(await options(slow, 'sign-in'), { ...HONEST, counter: 20, userHandle: account })
    kit.pass(300_000)
    expect(refusal(await postJson(kit, slow, '/login/passkey', { passkey: late }))).toEqual(REFUSED)
  })

  test('MFA-12 nor from a device that counts nothing, as those do that copy their keys', async () => {
    const soft = new Authenticator()
    expect((await register(await signedInWith(HONEST), { flags: UP | UV | BE }, soft)).status).toBe(200)
    const cookies = new Jar()
    const answer = soft.get(await options(cookies, 'sign-in'), { flags: UP | UV | BE, userHandle: account })
    const thief = new Jar()
    thief.set('__Host-Http-passkey', cookies.value('__Host-Http-passkey') ?? '')
    expect((await postJson(kit, cookies, '/login/passkey', { passkey: answer })).status).toBe(200)
    expect(refusal(await postJson(kit, thief, '/login/passkey', { passkey: answer }))).toEqual(REFUSED)
  })

  test('MFA-12 an answer that was given to confirm does not sign in', async () => {
    const here = await signedInWith(HONEST)
    const answer = device.get(await options(here, 'step-up'), { ...HONEST, counter: 8 })
    const elsewhere = new Jar()
    await signInWith(kit, elsewhere)
    elsewhere.set('__Host-Http-passkey', here.value('__Host-Http-passkey') ?? '')
    expect(refusal(await postJson(kit, elsewhere, '/login/factor', { passkey: answer }))).toEqual(REFUSED)
  })

  async function signedInWith(change: Partial<Ceremony>): Promise<Jar> {
    const cookies = new Jar()
    await signInWith(kit, cookies)
    const asked = await options(cookies, 'second-factor')
    expect((await postJson(kit, cookies, '/login/factor', { passkey: device.get(asked, change) })).status).toBe(200)
    return cookies
  }

  test('MFA-13 what is asked does not tell who exists: it is the same for everybody', async () => {
    const asked = await options(new Jar(), 'sign-in')
    expect(asked).toMatchObject({ rpId: 'shop.example', userVerification: 'required' })
    expect(asked['allowCredentials'] ?? []).toEqual([])
  })

  test('as a second factor it belongs to the account whose password was shown', async () => {
    await kit.addAccount('eve')
    const eve = new Jar()
    await signInWith(kit, eve, undefined, 'eve')
    const own = new Authenticator()
    expect((await register(eve, {}, own)).status).toBe(200)
    const cookies = new Jar()
    expect((await signInWith(kit, cookies)).json()).toMatchObject({ next: 'second-factor', methods: ['passkey', 'recovery-code'] })
    const asked = await options(cookies, 'second-factor')
    expect(refusal(await postJson(kit, cookies, '/login/factor', { passkey: own.get(asked) }))).toEqual(REFUSED)
    const right = await options(cookies, 'second-factor')
    expect((await postJson(kit, cookies, '/login/factor', { passkey: device.get(right, HONEST) })).json()['active']).toBe(true)
  })

  test('MFA-25 removed, it opens nothing from then on', async () => {
    await kit.stores.factors.remove(account, device.id.toString('base64url'))
    expect(refusal(await alone(HONEST))).toEqual(REFUSED)
  })

  test('a disabled account stays closed to it', async () => {
    await kit.parts.accounts.disable(NAME, { at: kit.now(), actor: COMMAND })
    expect(refusal(await alone(HONEST))).toEqual(REFUSED)
  })

  test.each(['', '{}', 'null', '[]', '{"id":"../x","response":{}}', `{"id":"aa","response":{"clientDataJSON":7}}`])(
    'nonsense is refused: %s',
    async (passkey) => {
      const cookies = new Jar()
      await options(cookies, 'sign-in')
      expect(refusal(await postJson(kit, cookies, '/login/passkey', { passkey }))).toEqual(REFUSED)
    },
  )
})
