import { describe, expect, test } from 'vitest'
import { SESSION_COOKIE, VISIT_COOKIE, DEVICE_COOKIE } from '../../src/decide/cookies.ts'
import { Jar, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

const LOGIN = { account: NAME, password: PASSWORD }
const MINUTE = 60_000

describe('signing in', () => {
  test('a script signs in with JSON and gets the session view, never an identifier', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    const said = await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })
    expect(said.status).toBe(200)
    const at = (ms: number): string => new Date(kit.now() + ms).toISOString()
    expect(said.json()).toEqual({ active: true, account: NAME, roles: ['staff'], expiresAt: at(43_200_000), idleExpiresAt: at(1_800_000) })
    expect(said.header('cache-control')).toBe('no-store')
    expect(said.text).not.toContain(cookies.value(SESSION_COOKIE)!)
    const event = kit.events.find(({ kind }) => kind === 'login.succeeded')
    expect(event).toMatchObject({
      actor: { via: 'browser', account: NAME },
      address: '198.51.100.7',
      target: NAME,
      result: 'ok',
      detail: { factor: 'password', knownDevice: false },
    })
  })

  test('PWD-20 the page signs in with a form and goes on by 303, as every reply to a form does', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    const said = await kit.send({ method: 'POST', path: '/auth/login', form: { ...LOGIN, next: '/orders?open=1' }, cookies })
    expect([said.status, said.header('location')]).toEqual([303, '/orders?open=1'])
    const changed = await kit.send({
      method: 'POST',
      path: '/auth/password',
      form: { currentPassword: PASSWORD, newPassword: 'violet crayons on paper', newPasswordAgain: 'violet crayons on paper' },
      cookies,
    })
    expect([changed.status, changed.header('location')]).toEqual([303, '/auth/password?changed'])
    const done = await kit.send({ path: '/auth/password', query: 'changed', cookies })
    expect(done.text).toContain('Your password is changed.')
    const out = await kit.send({ method: 'POST', path: '/auth/logout', form: {}, cookies })
    expect([out.status, out.header('location')]).toEqual([303, '/auth/login'])
  })

  test('a wrong password brings the page back with what was typed as the name, and says so', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const said = await kit.send({ method: 'POST', path: '/auth/login', form: { account: NAME, password: 'wrong', next: '/orders' } })
    expect(said.status).toBe(401)
    expect(said.header('location')).toBe(null)
    expect(said.text).toContain('The name or the password is not right.')
    expect(said.text).toContain('value="ada"')
    expect(said.text).toContain('value="/orders"')
    expect(said.text).not.toContain('wrong"')
    expect(kit.events.at(-1)).toMatchObject({
      kind: 'login.failed',
      target: NAME,
      result: 'failed',
      detail: { factor: 'password', why: 'wrong' },
    })
  })

  test('SES-03 a login ends the session and the visit that the browser showed before, and issues a new identifier', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await kit.addAccount('bob', 'violet crayons on paper')
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })
    const before = cookies.value(SESSION_COOKIE)!
    const old = new Jar()
    old.set(SESSION_COOKIE, before)
    cookies.set(VISIT_COOKIE, 'visit-1')
    await kit.send({ method: 'POST', path: '/auth/login', json: { account: 'bob', password: 'violet crayons on paper' }, cookies })
    expect(cookies.value(SESSION_COOKIE)).not.toBe(before)
    expect(cookies.value(VISIT_COOKIE)).toBe(null)
    expect((await kit.send({ path: '/auth/session', cookies: old })).json()).toEqual({ active: false })
    expect((await kit.send({ path: '/auth/session', cookies })).json()).toMatchObject({ active: true, account: 'bob' })
  })

  test('SES-03 a failed login leaves the session that is there alone', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })
    const said = await kit.send({ method: 'POST', path: '/auth/login', json: { ...LOGIN, password: 'wrong' }, cookies })
    expect(said.setCookies).toEqual([])
    expect((await kit.send({ path: '/auth/session', cookies })).json()).toMatchObject({ active: true })
  })

  test('SES-19 an account that is signed in on as many devices as it may gets no further session, and is told', async () => {
    const kit = makeKit({ policy: { sessions: { ...makeKit().policy.sessions, perAccount: 1, onLimit: 'refuse' } } })
    await kit.addAccount()
    const cookies = new Jar()
    expect((await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })).status).toBe(200)
    const script = await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN })
    expect([script.status, script.json()['code'], script.setCookies]).toEqual([409, 'session_limit', []])
    const page = await kit.send({ method: 'POST', path: '/auth/login', form: LOGIN })
    expect([page.status, page.setCookies]).toEqual([409, []])
    expect(page.text).toContain('too many devices')
    // Signing in again where one is signed in takes no second place.
    expect((await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })).status).toBe(200)
  })

  test('SES-22 when a store is down nobody signs in, and no cookie is touched', async () => {
    for (const part of ['accounts', 'sessions', 'counters'] as const) {
      const healthy = makeKit()
      const broken = new Proxy(healthy.stores[part], {
        get: () => () => {
          throw new Error('the disk is gone')
        },
      })
      const kit = makeKit({ stores: { accounts: healthy.stores.accounts, [part]: broken } })
      await healthy.addAccount()
      const jar = new Jar()
      jar.set(SESSION_COOKIE, 'x'.repeat(43))
      await expect(kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies: jar }), part).rejects.toMatchObject({
        code: 'store_unavailable',
      })
      const page = await kit.send({ method: 'POST', path: '/auth/login', form: LOGIN, cookies: jar })
      expect([page.status, page.setCookies, page.header('cloakroom-error')]).toEqual([503, [], 'store_unavailable'])
      expect(page.text).not.toContain('disk')
    }
  })

  test('PWD-16 a fresh store has no account: admin with the password admin opens nothing, and no page sets one up', async () => {
    const kit = makeKit()
    for (const [account, password] of [
      ['admin', 'admin'],
      ['admin', 'password'],
      ['root', 'root'],
      ['admin', ''],
      ['cloakroom', 'cloakroom'],
    ]) {
      const said = await kit.send({ method: 'POST', path: '/auth/login', json: { account, password } })
      expect([said.status, said.setCookies]).toEqual([401, []])
    }
    for (const path of ['/auth/setup', '/auth/register', '/auth/install', '/auth/signup'])
      expect((await kit.send({ path })).status).toBe(404)
    expect(await kit.parts.accounts.list()).toEqual([])
  })

  test('PWD-05 a password that is five years old still signs in', async () => {
    const kit = makeKit()
    await kit.addAccount()
    kit.pass(5 * 365 * 24 * 60 * MINUTE)
    expect((await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN })).status).toBe(200)
  })

  test('PWD-07 a hash of an older cost is replaced at the next login', async () => {
    const cheap = makeKit()
    await cheap.addAccount()
    const before = (await cheap.stores.accounts.findByKey(NAME))?.password
    const kit = makeKit({ stores: { accounts: cheap.stores.accounts }, cost: { memory: 128, passes: 2, lanes: 1 } })
    expect((await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN })).status).toBe(200)
    const after = (await cheap.stores.accounts.findByKey(NAME))?.password
    expect(after).toContain('m=128,t=2')
    expect(after).not.toBe(before)
    expect((await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN })).status).toBe(200)
    expect((await cheap.stores.accounts.findByKey(NAME))?.password).toBe(after)
  })
})

describe('the session as a page sees it', () => {
  test('SES-23 the check says active or not, who and until when, holds no identifier and is never stored', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    const none = await kit.send({ path: '/auth/session', cookies })
    expect([none.status, none.json()]).toEqual([200, { active: false }])
    await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })
    const said = await kit.send({ path: '/auth/session', cookies })
    expect(Object.keys(said.json()).toSorted()).toEqual(['account', 'active', 'expiresAt', 'idleExpiresAt', 'roles'])
    expect(said.header('cache-control')).toBe('no-store')
    for (const name of [SESSION_COOKIE, DEVICE_COOKIE]) expect(said.text).not.toContain(cookies.value(name)!)
  })

  test('SES-11 a page that asks passively each minute does not keep the session alive; one that acts does', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const [passive, active] = [new Jar(), new Jar()]
    for (const cookies of [passive, active]) await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })
    for (let minute = 0; minute < 31; minute += 1) {
      kit.pass(MINUTE)
      await kit.send({ path: '/auth/session', query: 'passive=1', cookies: passive })
      await kit.send({ path: '/auth/session', cookies: active })
    }
    expect((await kit.send({ path: '/auth/session', query: 'passive=1', cookies: passive })).json()).toEqual({ active: false })
    expect((await kit.send({ path: '/auth/session', cookies: active })).json()).toMatchObject({ active: true })
  })
})

describe('signing out', () => {
  test('COO-17 signing out ends the session on the server, then deletes the cookie under its own name and attributes', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })
    const kept = new Jar()
    kept.set(SESSION_COOKIE, cookies.value(SESSION_COOKIE)!)
    const said = await kit.send({ method: 'POST', path: '/auth/logout', cookies })
    expect(said.status).toBe(204)
    expect(said.setCookies).toEqual([`${SESSION_COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict`])
    expect(cookies.value(SESSION_COOKIE)).toBe(null)
    expect((await kit.send({ path: '/auth/session', cookies: kept })).json()).toEqual({ active: false })
    expect(kit.events.at(-1)).toMatchObject({ kind: 'logout', target: NAME, result: 'ok' })
  })

  test('HDR-09 signing out clears cache and storage, never the cookies of sibling hosts', async () => {
    const kit = makeKit()
    for (const form of [undefined, {}]) {
      const said = await kit.send({ method: 'POST', path: '/auth/logout', ...(form === undefined ? {} : { form }) })
      expect(said.header('clear-site-data')).toBe('"cache", "storage"')
    }
  })

  test('signing out twice is the same as once', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: LOGIN, cookies })
    const statuses = []
    for (let time = 0; time < 3; time += 1) statuses.push((await kit.send({ method: 'POST', path: '/auth/logout', cookies })).status)
    expect(statuses).toEqual([204, 204, 204])
    expect(kit.events.filter(({ kind }) => kind === 'logout')).toHaveLength(1)
  })
})
