import { describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { SESSION_COOKIE } from '../../src/decide/cookies.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

const NEXT = 'violet crayons on paper'

async function signIn(kit: Kit, password = PASSWORD): Promise<Jar> {
  const cookies = new Jar()
  await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password }, cookies })
  return cookies
}

async function isSignedIn(kit: Kit, cookies: Jar): Promise<boolean> {
  return (await kit.send({ path: '/auth/session', query: 'passive=1', cookies })).json()['active'] === true
}

describe('accounts', () => {
  test('SES-15 disabling an account ends all its sessions at once and lets nobody in; enabling it lets it in again', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const sessions = [await signIn(kit), await signIn(kit)]
    for (const session of sessions) expect(await isSignedIn(kit, session)).toBe(true)
    const outcome = await kit.parts.accounts.disable('Ada', { at: kit.now(), actor: COMMAND })
    expect(outcome).toMatchObject({ kind: 'done', account: { name: NAME, disabledAt: kit.now() } })
    for (const session of sessions) expect(await isSignedIn(kit, session)).toBe(false)
    expect(kit.events.at(-1)).toMatchObject({ kind: 'account.disabled', target: NAME, actor: { via: 'command' }, detail: { sessions: 2 } })
    expect(await isSignedIn(kit, await signIn(kit))).toBe(false)
    await kit.parts.accounts.enable(NAME, { at: kit.now(), actor: COMMAND })
    expect(await isSignedIn(kit, await signIn(kit))).toBe(true)
    for (const session of sessions) expect(await isSignedIn(kit, session)).toBe(false)
  })

  test('SES-15 a login that is under way while the account is disabled leaves no session', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const start = kit.parts.sessions.start.bind(kit.parts.sessions)
    Object.assign(kit.parts.sessions, {
      start: async (fresh: Parameters<typeof start>[0]) => {
        await kit.parts.accounts.disable(NAME, { at: kit.now(), actor: COMMAND })
        return await start(fresh)
      },
    })
    const cookies = new Jar()
    const said = await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD }, cookies })
    expect([said.status, said.setCookies]).toEqual([401, []])
    const { id } = (await kit.stores.accounts.findByKey(NAME))!
    expect(await kit.stores.sessions.list(id)).toEqual([])
  })

  test('PWD-09 the password changes only for one who knows the current one', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const wrong = await kit.send({ method: 'POST', path: '/auth/password', json: { currentPassword: 'wrong', newPassword: NEXT }, cookies })
    expect([wrong.status, wrong.json()['code'], wrong.setCookies]).toEqual([403, 'password_wrong', []])
    const missing = await kit.send({ method: 'POST', path: '/auth/password', json: { newPassword: NEXT }, cookies })
    expect(missing.status).toBe(400)
    const stranger = await kit.send({ method: 'POST', path: '/auth/password', json: { currentPassword: PASSWORD, newPassword: NEXT } })
    expect([stranger.status, stranger.json()['code']]).toEqual([401, 'session_required'])
    expect(await isSignedIn(kit, await signIn(kit))).toBe(true)
  })

  test('PWD-09 guessing the current password in a session that was left open is throttled', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const statuses = []
    for (let time = 0; time < 7; time += 1) {
      const said = await kit.send({
        method: 'POST',
        path: '/auth/password',
        json: { currentPassword: 'wrong', newPassword: NEXT },
        cookies,
      })
      statuses.push(said.status)
    }
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429, 429])
  })

  test('SES-16 a new password ends all other sessions; the one that changed it goes on under a new identifier', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const [here, other, third] = [await signIn(kit), await signIn(kit), await signIn(kit)]
    const before = here.value(SESSION_COOKIE)
    const said = await kit.send({
      method: 'POST',
      path: '/auth/password',
      json: { currentPassword: PASSWORD, newPassword: NEXT },
      cookies: here,
    })
    expect([said.status, said.json()['active']]).toEqual([200, true])
    expect(here.value(SESSION_COOKIE)).not.toBe(before)
    expect(await isSignedIn(kit, here)).toBe(true)
    for (const cookies of [other, third]) expect(await isSignedIn(kit, cookies)).toBe(false)
    expect(kit.events.findLast(({ kind }) => kind === 'password.changed')).toMatchObject({
      actor: { account: NAME },
      detail: { factor: 'password' },
    })
    expect(await isSignedIn(kit, await signIn(kit))).toBe(false)
    expect(await isSignedIn(kit, await signIn(kit, NEXT))).toBe(true)
  })

  test.each([
    ['PWD-01', 'fourteen chars', 'at least 15'],
    ['PWD-02', 'x y '.repeat(65), 'at most 256'],
    ['PWD-04', '123456789987654321', 'everybody tries first'],
    ['PWD-04', 'qwertyuiop12345', 'everybody tries first'],
    ['PWD-04', 'shop.exampleshop.example', 'name of the account or of this website'],
  ])('%s the page and the API refuse %s and say why', async (_id, newPassword, why) => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const said = await kit.send({ method: 'POST', path: '/auth/password', json: { currentPassword: PASSWORD, newPassword }, cookies })
    expect([said.status, said.json()['code']]).toEqual([422, 'password_refused'])
    expect(said.json()['detail']).toContain(why)
    const form = { currentPassword: PASSWORD, newPassword, newPasswordAgain: newPassword }
    const page = await kit.send({ method: 'POST', path: '/auth/password', form, cookies })
    expect(page.status).toBe(422)
    expect(page.text).toContain(why)
    expect(page.text).not.toContain(newPassword)
    expect(await kit.parts.accounts.add({ name: 'bob', password: newPassword, roles: [] }, { at: 1, actor: COMMAND })).toMatchObject({
      kind: 'refused',
    })
  })

  test('PWD-09 two new passwords that differ change nothing', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const form = { currentPassword: PASSWORD, newPassword: NEXT, newPasswordAgain: `${NEXT}s` }
    const page = await kit.send({ method: 'POST', path: '/auth/password', form, cookies })
    expect(page.status).toBe(422)
    expect(page.text).toContain('The two new passwords differ.')
    expect(await isSignedIn(kit, await signIn(kit))).toBe(true)
  })

  test('the owner sets a password without the current one; every session ends and the lock is lifted', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const { id } = (await kit.stores.accounts.findByKey(NAME))!
    await kit.stores.accounts.update(id, { failures: 50, passwordLockedAt: kit.now() })
    const outcome = await kit.parts.accounts.setPassword(NAME, NEXT, { at: kit.now(), actor: COMMAND })
    expect(outcome).toMatchObject({ kind: 'done', account: { failures: 0, passwordLockedAt: null, hasPassword: true } })
    expect(await isSignedIn(kit, cookies)).toBe(false)
    expect(await isSignedIn(kit, await signIn(kit, NEXT))).toBe(true)
    expect(kit.events.some(({ kind }) => kind === 'account.password_set')).toBe(true)
  })

  test('a list of accounts shows no hash, a name is taken once, and unknown names are told', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const { accounts } = kit.parts
    expect(JSON.stringify(await accounts.list())).not.toContain('argon2')
    expect(JSON.stringify(await accounts.find('ADA'))).not.toContain('argon2')
    const cause = { at: kit.now(), actor: COMMAND }
    expect(await accounts.add({ name: 'ADA', password: PASSWORD, roles: [] }, cause)).toMatchObject({ kind: 'refused', code: 'name_taken' })
    expect(await accounts.add({ name: ' eve', password: PASSWORD, roles: [] }, cause)).toMatchObject({
      kind: 'refused',
      code: 'name_refused',
    })
    for (const outcome of [
      await accounts.disable('eve', cause),
      await accounts.enable('eve', cause),
      await accounts.setPassword('eve', NEXT, cause),
    ]) {
      expect(outcome).toMatchObject({ kind: 'refused', code: 'unknown_account' })
    }
    expect(kit.events.map(({ kind }) => kind)).toEqual(['account.added'])
  })

  test('LOG-02 every result of an authentication and every change of an account is in the audit trail, with its factor', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    await kit.send({ method: 'POST', path: '/auth/password', json: { currentPassword: PASSWORD, newPassword: NEXT }, cookies })
    await kit.send({ method: 'POST', path: '/auth/logout', cookies })
    for (let time = 0; time < 6; time += 1) await signIn(kit, 'wrong')
    const { id } = (await kit.stores.accounts.findByKey(NAME))!
    await kit.stores.accounts.update(id, { failures: 49 })
    await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: 'wrong' }, client: '192.0.2.1' })
    const cause = { at: kit.now(), actor: COMMAND }
    await kit.parts.accounts.disable(NAME, cause)
    await kit.parts.accounts.enable(NAME, cause)
    await kit.parts.accounts.setPassword(NAME, PASSWORD, cause)
    const about = kit.events.filter(({ kind }) => /^(?:login|logout|password|account)/.test(kind))
    expect(about.map(({ kind, result }) => `${kind} ${result}`)).toEqual([
      'account.added ok',
      'login.succeeded ok',
      'password.changed ok',
      'logout ok',
      ...Array.from({ length: 5 }, () => 'login.failed failed'),
      'login.throttled refused',
      'login.failed failed',
      'password.locked refused',
      'account.disabled ok',
      'account.enabled ok',
      'account.password_set ok',
    ])
    for (const event of about) {
      expect(event.target).toBe(NAME)
      if (event.kind.startsWith('login.') || event.kind === 'password.changed') expect(event.detail['factor']).toBe('password')
      if (event.kind.startsWith('login.')) expect([event.request, event.address]).toEqual(['request-1', expect.any(String)])
    }
    expect(JSON.stringify(kit.events)).not.toMatch(/argon2|violet|horse/)
  })

  test('PWD-06 neither form nor API asks for a hint or a question', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const pages = [await kit.send({ path: '/auth/login' }), await kit.send({ path: '/auth/password', cookies })]
    const fields = pages.flatMap(({ text }) => [...text.matchAll(/<input\b[^>]*?\bname="([^"]+)"/g)].map((match) => match[1]))
    const onSigningIn = ['account', 'password', 'next', 'passkey', 'next']
    // The last of each page is the choice of a language.
    expect(fields).toEqual([...onSigningIn, 'next', 'currentPassword', 'newPassword', 'newPasswordAgain', 'next'])
  })
})
