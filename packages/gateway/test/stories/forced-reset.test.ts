import { describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'
import { codeAt, postJson, signInWith, withTotp } from '../second-factor.ts'

const NEXT = 'a quite different password'
const active = async (kit: Kit, cookies: Jar): Promise<unknown> => (await kit.send({ path: '/auth/session', cookies })).json()['active']
const force = (kit: Kit) => kit.parts.accounts.forceReset(NAME, { at: kit.now(), actor: COMMAND })

describe('MFA-22 a password that the owner distrusts', () => {
  test('sessions die now; the next sign-in passes the second factor, then sets a new password; the old one is refused', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const before = new Jar()
    await signInWith(kit, before)
    await postJson(kit, before, '/login/factor', { code: codeAt(seed, kit.now()) })
    expect(await active(kit, before)).toBe(true)
    kit.pass(60_000)
    await force(kit)
    expect(await active(kit, before)).toBe(false)
    expect(kit.events.some(({ kind, reason }) => kind === 'session.ended' && reason === 'reset-forced')).toBe(true)

    const cookies = new Jar()
    expect((await signInWith(kit, cookies)).json()['next']).toBe('second-factor')
    // The step cannot be skipped.
    expect((await postJson(kit, cookies, '/login/password', { newPassword: NEXT })).header('cloakroom-error')).toBe('login_outdated')
    await signInWith(kit, cookies)
    const second = await postJson(kit, cookies, '/login/factor', { code: codeAt(seed, kit.now()) })
    expect([second.status, second.json()]).toEqual([200, { active: false, next: 'new-password', methods: [] }])
    expect(await active(kit, cookies)).toBe(false)
    for (const refused of [PASSWORD, 'short', 'passwordpassword']) {
      const answer = await postJson(kit, cookies, '/login/password', { newPassword: refused })
      expect([answer.status, answer.header('cloakroom-error')]).toEqual([422, 'password_refused'])
    }
    expect(await active(kit, cookies)).toBe(false)
    const done = await postJson(kit, cookies, '/login/password', { newPassword: NEXT })
    expect([done.status, done.json()['active']]).toEqual([200, true])
    expect(await active(kit, cookies)).toBe(true)

    kit.pass(60_000)
    expect((await signInWith(kit, new Jar())).status).toBe(401)
    const again = new Jar()
    expect((await signInWith(kit, again, NEXT)).json()['next']).toBe('second-factor')
    expect((await postJson(kit, again, '/login/factor', { code: codeAt(seed, kit.now()) })).json()['active']).toBe(true)
  })

  test('the pages lead through it without a script', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await force(kit)
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', form: { account: NAME, password: PASSWORD, next: '/orders' }, cookies })
    const page = await kit.send({ path: '/auth/login', cookies })
    expect(page.text).toContain('Choose a new password')
    const differ = await kit.send({
      method: 'POST',
      path: '/auth/login/password',
      form: { newPassword: NEXT, newPasswordAgain: `${NEXT}!` },
      cookies,
    })
    expect([differ.status, differ.text.includes('The two new passwords differ.')]).toEqual([422, true])
    const same = await kit.send({
      method: 'POST',
      path: '/auth/login/password',
      form: { newPassword: PASSWORD, newPasswordAgain: PASSWORD },
      cookies,
    })
    expect(same.text).toContain('This is the password that is to be replaced.')
    const done = await kit.send({
      method: 'POST',
      path: '/auth/login/password',
      form: { newPassword: NEXT, newPasswordAgain: NEXT },
      cookies,
    })
    expect([done.status, done.header('location')]).toEqual([303, '/orders'])
    expect(await active(kit, cookies)).toBe(true)
  })

  test('a login that is under way when it is demanded does not slip through', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const cookies = new Jar()
    await signInWith(kit, cookies)
    await force(kit)
    expect((await postJson(kit, cookies, '/login/factor', { code: codeAt(seed, kit.now()) })).header('cloakroom-error')).toBe(
      'login_outdated',
    )
    expect(await active(kit, cookies)).toBe(false)
  })

  test('two browsers at the last step: one sets the password, the other begins again', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await force(kit)
    const [one, other] = [new Jar(), new Jar()]
    await signInWith(kit, one)
    await signInWith(kit, other)
    expect((await postJson(kit, one, '/login/password', { newPassword: NEXT })).status).toBe(200)
    const late = await postJson(kit, other, '/login/password', { newPassword: 'the thief’s own password' })
    expect([late.status, late.header('cloakroom-error')]).toEqual([401, 'login_outdated'])
    expect(await active(kit, one)).toBe(true)
    expect((await signInWith(kit, new Jar(), NEXT)).json()['active']).toBe(true)
  })
})
