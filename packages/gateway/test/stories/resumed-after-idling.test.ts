import { describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'
import { codeAt, postJson, signInWith, withTotp } from '../second-factor.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Somebody who signed in with both factors; what the browser keeps. */
async function begin(resumesIdle = true): Promise<{ kit: Kit; cookies: Jar; seed: string }> {
  const kit = makeKit({ policy: { resumesIdle } })
  const { seed } = await withTotp(kit)
  const cookies = new Jar()
  await signInWith(kit, cookies)
  const done = await postJson(kit, cookies, '/login/factor', { code: codeAt(seed, kit.now()) })
  expect(done.json()['active']).toBe(true)
  return { kit, cookies, seed }
}

const session = (kit: Kit, cookies: Jar) => kit.send({ path: '/auth/session', cookies })
/** A copy of what a browser keeps. */
function copyOf(cookies: Jar): Jar {
  const copy = new Jar()
  for (const name of ['__Host-Http-session', '__Host-Http-device']) copy.set(name, cookies.value(name) ?? '')
  return copy
}

describe('SES-12 a session that ended for being idle', () => {
  test('goes on with the password alone in the browser that had it, with both factors, until the absolute end of before', async () => {
    const { kit, cookies } = await begin()
    const began = kit.now()
    kit.pass(2 * HOUR)
    expect((await session(kit, cookies)).json()).toEqual({ active: false })
    const resumed = await signInWith(kit, cookies)
    expect([resumed.status, resumed.json()['active']]).toEqual([200, true])
    expect(resumed.json()['expiresAt']).toBe(new Date(began + 12 * HOUR).toISOString())
    const [account] = await kit.stores.accounts.list()
    const [live] = await kit.parts.sessions.list(account?.id ?? '', kit.now())
    expect(live?.factors).toEqual(
      expect.arrayContaining([
        { kind: 'totp', at: began },
        { kind: 'password', at: kit.now() },
      ]),
    )
    // What asks for a fresh proof asks for the second factor.
    expect((await kit.send({ path: '/auth/factors', cookies })).header('cloakroom-error')).toBe('step_up_required')
    expect(kit.events.at(-2)).toMatchObject({ kind: 'login.succeeded', detail: { resumed: true } })
  })

  test('after its absolute end the second factor is asked for', async () => {
    const { kit, cookies } = await begin()
    kit.pass(12 * HOUR)
    expect((await signInWith(kit, cookies)).json()['next']).toBe('second-factor')
  })

  test('nor does it go on without its cookie, with a wrong password, twice, or for somebody else', async () => {
    const { kit, cookies } = await begin()
    const copy = copyOf(cookies)
    kit.pass(2 * HOUR)
    expect((await signInWith(kit, new Jar())).json()['next']).toBe('second-factor')
    expect((await signInWith(kit, copyOf(cookies), 'not the password at all')).status).toBe(401)
    await kit.addAccount('bob')
    expect((await signInWith(kit, copyOf(cookies), PASSWORD, 'bob')).json()['active']).toBe(true)
    expect((await signInWith(kit, cookies)).json()['active']).toBe(true)
    expect((await signInWith(kit, copy)).json()['next']).toBe('second-factor')
  })

  test.each([
    ['signed out', async (kit: Kit, cookies: Jar) => await postJson(kit, cookies, '/logout', {})],
    [
      'everywhere signed out by the owner',
      async (kit: Kit) => await kit.parts.accounts.forceReset(NAME, { at: kit.now(), actor: COMMAND }),
    ],
    ['a new password', async (kit: Kit) => await kit.parts.accounts.setPassword(NAME, PASSWORD, { at: kit.now(), actor: COMMAND })],
  ])('%s: nothing goes on', async (_what, end) => {
    const { kit, cookies } = await begin()
    const copy = copyOf(cookies)
    await end(kit, cookies)
    kit.pass(2 * HOUR)
    expect((await signInWith(kit, copy)).json()['next']).toBe('second-factor')
  })

  test('it does not unless the owner said so', async () => {
    const { kit, cookies } = await begin(false)
    kit.pass(2 * HOUR)
    expect((await signInWith(kit, cookies)).json()['next']).toBe('second-factor')
  })

  test('one that began with a password alone has no second factor to go on with', async () => {
    const kit = makeKit({ policy: { resumesIdle: true } })
    await kit.addAccount()
    const cookies = new Jar()
    await signInWith(kit, cookies)
    const copy = copyOf(cookies)
    kit.pass(2 * HOUR)
    const other = new Jar()
    await signInWith(kit, other)
    const added = await postJson(kit, other, '/factors/totp', {})
    const { key, enrolment } = added.json()
    expect((await postJson(kit, other, '/factors/totp', { enrolment, code: codeAt(String(key), kit.now()), name: 'x' })).status).toBe(200)
    kit.pass(MINUTE)
    expect((await signInWith(kit, copy)).json()['next']).toBe('second-factor')
  })
})
