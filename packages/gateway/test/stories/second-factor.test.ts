import { describe, expect, test } from 'vitest'
import { admit } from '../../src/decide/admit.ts'
import { decide } from '../../src/decide/decide.ts'
import type { Facts } from '../../src/decide/facts.ts'
import { makeHead } from '../fixtures.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'
import { codeAt, enrolTotp, postJson, signInWith, withTotp } from '../second-factor.ts'

const SESSION = '__Host-Http-session'
const LOGIN = '__Host-Http-login'
const REQUIRED = { policy: { secondFactor: { kind: 'required' } } } as const
const active = async (kit: Kit, cookies: Jar): Promise<unknown> => (await kit.send({ path: '/auth/session', cookies })).json()['active']

describe('signing in with a second factor', () => {
  test('MFA-05 adding one takes a code of it, shows recovery codes once, and ends the other sessions', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const [here, elsewhere] = [new Jar(), new Jar()]
    await signInWith(kit, here)
    await signInWith(kit, elsewhere)
    const before = here.value(SESSION)
    const shown = (await postJson(kit, here, '/factors/totp', {})).json()
    expect(shown['uri']).toContain('otpauth://totp/Shop:ada')
    const wrong = await postJson(kit, here, '/factors/totp', { enrolment: shown['enrolment'], code: '000000' })
    expect([wrong.status, wrong.header('cloakroom-error')]).toEqual([401, 'code_wrong'])
    expect(await kit.stores.factors.list((await kit.stores.accounts.findByKey(NAME))?.id ?? '')).toEqual([])
    const added = await postJson(kit, here, '/factors/totp', {
      enrolment: shown['enrolment'],
      code: codeAt(String(shown['key']), kit.now()),
    })
    expect(added.status).toBe(200)
    expect(added.json()['recoveryCodes']).toHaveLength(10)
    expect(here.value(SESSION)).not.toBe(before)
    expect(await active(kit, here)).toBe(true)
    expect(await active(kit, elsewhere)).toBe(false)
  })

  test('MFA-06 after the password comes the code, and until then there is no session', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const cookies = new Jar()
    const first = await signInWith(kit, cookies)
    expect(first.status).toBe(200)
    expect(first.json()).toEqual({ active: false, next: 'second-factor', methods: ['totp', 'recovery-code'] })
    expect(cookies.value(SESSION)).toBe(null)
    expect(first.setCookies.find((line) => line.startsWith(LOGIN))).toMatch(/; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
    // The cookie of a login in progress is no session, under no name.
    const stolen = new Jar()
    stolen.set(SESSION, cookies.value(LOGIN) ?? '')
    expect(await active(kit, stolen)).toBe(false)
    const second = await postJson(kit, cookies, '/login/factor', { code: codeAt(seed, kit.now()) })
    expect([second.status, second.json()['active']]).toEqual([200, true])
    expect(cookies.value(LOGIN)).toBe(null)
    expect(await active(kit, cookies)).toBe(true)
    expect(kit.events.at(-2)).toMatchObject({ kind: 'login.succeeded', detail: { factor: 'password totp' } })
  })

  test('MFA-06 the second step of one browser is of no use without its first', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    await signInWith(kit, new Jar())
    const other = await postJson(kit, new Jar(), '/login/factor', { code: codeAt(seed, kit.now()) })
    expect([other.status, other.header('cloakroom-error'), other.setCookies]).toEqual([401, 'login_outdated', []])
  })

  test('a login in progress is over after ten minutes, after a changed password, and once it was finished', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const slow = new Jar()
    await signInWith(kit, slow)
    kit.pass(600_000)
    expect((await postJson(kit, slow, '/login/factor', { code: codeAt(seed, kit.now()) })).header('cloakroom-error')).toBe('login_outdated')

    const overtaken = new Jar()
    await signInWith(kit, overtaken)
    const cause = { at: kit.now(), actor: { via: 'command', account: null, session: null } } as const
    await kit.parts.accounts.setPassword(NAME, 'quite another password', cause)
    expect((await postJson(kit, overtaken, '/login/factor', { code: codeAt(seed, kit.now()) })).header('cloakroom-error')).toBe(
      'login_outdated',
    )

    const copied = new Jar()
    await signInWith(kit, copied, 'quite another password')
    const thief = new Jar()
    thief.set(LOGIN, copied.value(LOGIN) ?? '')
    expect((await postJson(kit, copied, '/login/factor', { code: codeAt(seed, kit.now()) })).status).toBe(200)
    kit.pass(60_000)
    const again = await postJson(kit, thief, '/login/factor', { code: codeAt(seed, kit.now()) })
    expect([again.header('cloakroom-error'), thief.value(SESSION)]).toEqual(['login_outdated', null])
  })

  test('MFA-22 sessions that the owner ends take a login in progress with them', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const cookies = new Jar()
    await signInWith(kit, cookies)
    const account = await kit.stores.accounts.findByKey(NAME)
    await kit.parts.sessions.endAll(account?.id ?? '', kit.now(), 'ended-by-owner')
    expect((await postJson(kit, cookies, '/login/factor', { code: codeAt(seed, kit.now()) })).status).toBe(401)
    expect(await active(kit, cookies)).toBe(false)
  })

  test('the pages follow the same steps without a script, and come to where one wanted to go', async () => {
    const kit = makeKit()
    const { seed } = await withTotp(kit)
    const cookies = new Jar()
    const form = { account: NAME, password: PASSWORD, next: '/orders?id=7' }
    const first = await kit.send({ method: 'POST', path: '/auth/login', form, cookies })
    expect([first.status, first.header('location')]).toEqual([303, '/auth/login'])
    const page = await kit.send({ path: '/auth/login', cookies, headers: { 'sec-fetch-mode': 'navigate' } })
    expect(page.text).toContain('action="/auth/login/factor"')
    const wrong = await kit.send({ method: 'POST', path: '/auth/login/factor', form: { code: '000000' }, cookies })
    expect([wrong.status, wrong.text.includes('This code is not right')]).toEqual([401, true])
    const done = await kit.send({ method: 'POST', path: '/auth/login/factor', form: { code: codeAt(seed, kit.now()) }, cookies })
    expect([done.status, done.header('location')]).toEqual([303, '/orders?id=7'])
    expect(await active(kit, cookies)).toBe(true)
  })

  test('one may begin again, and then the first page is there', async () => {
    const kit = makeKit()
    await withTotp(kit)
    const cookies = new Jar()
    await signInWith(kit, cookies)
    const cancelled = await kit.send({ method: 'POST', path: '/auth/login/cancel', form: {}, cookies })
    expect([cancelled.status, cookies.value(LOGIN)]).toEqual([303, null])
    expect((await kit.send({ path: '/auth/login', cookies })).text).toContain('name="password"')
  })
})

describe('recovery codes', () => {
  test('MFA-14 each signs in once', async () => {
    const kit = makeKit()
    const { recoveryCodes } = await withTotp(kit)
    const [code = ''] = recoveryCodes
    // 24 letters and digits of base32: 120 bits.
    expect(code).toMatch(/^([a-z2-7]{4}-){5}[a-z2-7]{4}$/)
    const cookies = new Jar()
    await signInWith(kit, cookies)
    // As people copy from paper.
    const used = await postJson(kit, cookies, '/login/factor', { code: ` ${code.toUpperCase().replaceAll('-', ' ')} ` })
    expect(used.status).toBe(200)
    expect(kit.events.some(({ kind, detail }) => kind === 'factor.recovery_code_used' && detail['left'] === 9)).toBe(true)
    const again = new Jar()
    await signInWith(kit, again)
    expect((await postJson(kit, again, '/login/factor', { code })).header('cloakroom-error')).toBe('code_wrong')
    // Whoever came in by one may add a new device at once.
    expect((await postJson(kit, cookies, '/factors/totp', {})).status).toBe(200)
  })

  test('MFA-14 of ten who use the same code at once one gets in', async () => {
    const kit = makeKit()
    const { recoveryCodes } = await withTotp(kit)
    const jars = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const cookies = new Jar()
        await signInWith(kit, cookies)
        return cookies
      }),
    )
    const answers = await Promise.all(jars.map((cookies) => postJson(kit, cookies, '/login/factor', { code: recoveryCodes[0] })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('new ones make the old ones worthless', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    await signInWith(kit, cookies)
    const { recoveryCodes } = await enrolTotp(kit, cookies)
    const fresh = (await postJson(kit, cookies, '/factors/recovery-codes', {})).json()['recoveryCodes'] as string[]
    expect(fresh).toHaveLength(10)
    const again = new Jar()
    await signInWith(kit, again)
    expect((await postJson(kit, again, '/login/factor', { code: recoveryCodes[0] })).status).toBe(401)
    expect((await postJson(kit, again, '/login/factor', { code: fresh[0] })).status).toBe(200)
  })

  test('MFA-14 MFA-05 the store holds neither a code nor a seed', async () => {
    const kit = makeKit()
    const { seed, recoveryCodes } = await withTotp(kit)
    const account = await kit.stores.accounts.findByKey(NAME)
    const stored = JSON.stringify(await kit.stores.factors.list(account?.id ?? ''))
    expect(stored).not.toContain(seed)
    for (const code of recoveryCodes) for (const form of [code, code.replaceAll('-', '')]) expect(stored).not.toContain(form)
  })
})

describe('where the owner demands a second factor', () => {
  test('MFA-01 whoever has none is led through adding one, and has no session before', async () => {
    const kit = makeKit(REQUIRED)
    await kit.addAccount()
    const cookies = new Jar()
    const first = await signInWith(kit, cookies)
    expect(first.json()).toMatchObject({ active: false, next: 'enrol' })
    expect(await active(kit, cookies)).toBe(false)
    const skipped = await postJson(kit, cookies, '/login/factor', { code: '123456' })
    expect([skipped.status, skipped.header('cloakroom-error')]).toEqual([401, 'login_outdated'])
    const again = new Jar()
    await signInWith(kit, again)
    const { recoveryCodes } = await enrolTotp(kit, again)
    expect(recoveryCodes).toHaveLength(10)
    expect(await active(kit, again)).toBe(true)
  })

  test('the pages lead there, show the codes, and then to where one wanted to go', async () => {
    const kit = makeKit(REQUIRED)
    await kit.addAccount()
    const cookies = new Jar()
    const navigate = { 'sec-fetch-mode': 'navigate' }
    await kit.send({ method: 'POST', path: '/auth/login', form: { account: NAME, password: PASSWORD, next: '/orders' }, cookies })
    const led = await kit.send({ path: '/auth/login', cookies, headers: navigate })
    expect([led.status, led.header('location')]).toEqual([303, '/auth/factors/totp'])
    const page = await kit.send({ path: '/auth/factors/totp', cookies, headers: navigate })
    const seed = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.text)?.[1]?.replaceAll(' ', '') ?? ''
    expect(page.text).toContain('<svg')
    const enrolment = /name="enrolment" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const form = { enrolment, code: codeAt(seed, kit.now()), name: '' }
    const added = await kit.send({ method: 'POST', path: '/auth/factors/totp', form, cookies })
    expect(added.status).toBe(200)
    expect(added.text.match(/<li><code>/g)).toHaveLength(10)
    expect(added.text).toContain('href="/orders"')
    expect(await active(kit, cookies)).toBe(true)
  })

  test('by role: only whoever has it', async () => {
    const roles = (...names: string[]) => ({ policy: { secondFactor: { kind: 'roles', roles: names } } }) as const
    for (const [policy, next] of [
      [roles('admin'), undefined],
      [roles('admin', 'staff'), 'enrol'],
    ] as const) {
      const kit = makeKit(policy)
      await kit.addAccount()
      expect((await signInWith(kit, new Jar())).json()['next']).toBe(next)
    }
  })

  test('MFA-24 the last one cannot be removed', async () => {
    const kit = makeKit(REQUIRED)
    await kit.addAccount()
    const cookies = new Jar()
    await signInWith(kit, cookies)
    await enrolTotp(kit, cookies)
    const { factors } = (await kit.send({ path: '/auth/factors', cookies })).json() as { factors: { id: string }[] }
    const refused = await postJson(kit, cookies, '/factors/remove', { id: factors[0]?.id })
    expect([refused.status, refused.header('cloakroom-error')]).toEqual([409, 'last_factor'])
    kit.pass(60_000)
    const { recoveryCodes } = await enrolTotp(kit, cookies)
    expect(recoveryCodes).toEqual([])
    const removed = await postJson(kit, cookies, '/factors/remove', { id: factors[0]?.id })
    expect(removed.status).toBe(200)
  })

  test('MFA-24 nor the last two at the same moment, each while the other is still there', async () => {
    const kit = makeKit(REQUIRED)
    await kit.addAccount()
    const cookies = new Jar()
    await signInWith(kit, cookies)
    await enrolTotp(kit, cookies)
    kit.pass(60_000)
    await enrolTotp(kit, cookies)
    const { factors } = (await kit.send({ path: '/auth/factors', cookies })).json() as { factors: { id: string; kind: string }[] }
    const two = factors.filter(({ kind }) => kind === 'totp')
    const said = await Promise.all(two.map(async ({ id }) => await postJson(kit, cookies, '/factors/remove', { id })))
    expect(said.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409])
    const account = (await kit.stores.accounts.findByKey(NAME))?.id ?? ''
    expect((await kit.stores.factors.list(account)).map(({ kind }) => kind).toSorted()).toEqual(['recovery-codes', 'totp'])
  })
})

describe('the password of whoever has a second factor', () => {
  test('PWD-01 may be short where a second factor is demanded, eight characters at least, and not where it is not', async () => {
    const cause = { at: 0, actor: { via: 'command', account: null, session: null } } as const
    for (const [kit, password, kind] of [
      [makeKit(REQUIRED), 'kx7-wq2p', 'done'],
      [makeKit(REQUIRED), 'kx7-wq2', 'refused'],
      [makeKit(), 'kx7-wq2p-vt4z5', 'refused'],
      [makeKit(), 'kx7-wq2p-vt4z56', 'done'],
    ] as const) {
      expect((await kit.parts.accounts.add({ name: 'bob', password, roles: [] }, cause)).kind).toBe(kind)
    }
  })

  test('is changed without the session losing the second factor that it stands on', async () => {
    const kit = makeKit(REQUIRED)
    const { seed } = await withTotp(kit)
    const cookies = new Jar()
    await signInWith(kit, cookies)
    await postJson(kit, cookies, '/login/factor', { code: codeAt(seed, kit.now()) })
    const json = { currentPassword: PASSWORD, newPassword: 'short-8x' }
    expect((await postJson(kit, cookies, '/password', json)).status).toBe(200)
    const [session] = await kit.stores.sessions.list((await kit.stores.accounts.findByKey(NAME))?.id ?? '')
    expect(session?.factors.map(({ kind }) => kind).toSorted()).toEqual(['password', 'totp'])
  })
})

describe('a session that came in another way', () => {
  test('MFA-01 signing in at a provider does not go round a second factor that is demanded', async () => {
    const kit = makeKit(REQUIRED)
    const { seed } = await withTotp(kit)
    const account = (await kit.stores.accounts.findByKey(NAME))!
    const factors = [{ kind: 'oidc', at: kit.now() }] as const
    const fresh = { account: account.id, name: NAME, roles: [], factors, address: '192.0.2.7', agent: '', at: kit.now() }
    const started = await kit.parts.sessions.start(fresh)
    if (started.kind !== 'started') throw new Error(started.why)
    const cookies = new Jar()
    cookies.take([started.setCookie])
    const claim = await kit.stores.sessions.find(started.session.id)
    const visitor = { kind: 'known', session: claim!.session, roles: [], touch: false } as const
    const head = makeHead({ at: kit.now() })
    const admission = admit(head, kit.policy)
    if (admission.kind !== 'route') throw new Error(admission.kind)
    const facts = { head, route: admission.route, visitor, counts: [], action: 'not-needed', signals: [] } as unknown as Facts
    expect(decide(facts, kit.policy, [])).toMatchObject({ verdict: 'refuse', reply: { kind: 'enrol' } })
    // Led to the page of second factors, it confirms with the one that the account has, and comes back.
    const navigate = { 'sec-fetch-mode': 'navigate' }
    const led = await kit.send({ path: '/auth/factors', query: 'next=%2Forders', cookies, headers: navigate })
    expect([led.status, led.header('location')]).toEqual([303, '/auth/step-up?next=%2Forders'])
    const form = { code: codeAt(seed, kit.now()), next: '/orders' }
    const confirmed = await kit.send({ method: 'POST', path: '/auth/step-up', form, cookies })
    expect(confirmed.header('location')).toBe('/orders')
    const session = (await kit.stores.sessions.list(account.id)).find(({ factors: own }) => own.some(({ kind }) => kind === 'oidc'))
    expect(session?.factors.map(({ kind }) => kind)).toEqual(['oidc', 'totp'])
    expect(decide({ ...facts, visitor: { ...visitor, session: session! } }, kit.policy, [])).toMatchObject({ verdict: 'pass' })
  })
})

describe('changing second factors', () => {
  test('SES-20 MFA-23 takes a fresh proof of the second factor; the password is not enough', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    await signInWith(kit, cookies)
    const { seed } = await enrolTotp(kit, cookies)
    kit.pass(300_000)
    const { factors } = { factors: await kit.stores.factors.list((await kit.stores.accounts.findByKey(NAME))?.id ?? '') }
    for (const [path, json] of [
      ['/factors/totp', {}],
      ['/factors/remove', { id: factors[0]?.id }],
      ['/factors/recovery-codes', {}],
    ] as const) {
      const refused = await postJson(kit, cookies, path, json)
      expect([refused.status, refused.header('cloakroom-error')]).toEqual([401, 'step_up_required'])
    }
    const weak = await postJson(kit, cookies, '/step-up', { password: PASSWORD })
    expect([weak.status, weak.header('cloakroom-error')]).toEqual([403, 'second_factor_required'])
    expect((await postJson(kit, cookies, '/step-up', { code: '000000' })).header('cloakroom-error')).toBe('code_wrong')
    expect((await postJson(kit, cookies, '/step-up', { code: codeAt(seed, kit.now()) })).status).toBe(200)
    expect((await postJson(kit, cookies, '/factors/totp', {})).status).toBe(200)
  })

  test('somebody else’s factor cannot be removed, nor seen', async () => {
    const kit = makeKit()
    await kit.addAccount()
    await kit.addAccount('eve')
    const [ada, eve] = [new Jar(), new Jar()]
    await signInWith(kit, ada)
    await enrolTotp(kit, ada)
    await signInWith(kit, eve, PASSWORD, 'eve')
    const own = (await kit.stores.factors.list((await kit.stores.accounts.findByKey(NAME))?.id ?? '')).find(({ kind }) => kind === 'totp')
    expect((await postJson(kit, eve, '/factors/remove', { id: own?.id })).status).toBe(404)
    expect((await kit.send({ path: '/auth/factors', cookies: eve })).json()['factors']).toEqual([])
    expect(await kit.stores.factors.find(own?.id ?? '')).not.toBe(null)
  })

  test('with the last one its recovery codes go, too', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    await signInWith(kit, cookies)
    await enrolTotp(kit, cookies)
    const id = (await kit.stores.accounts.findByKey(NAME))?.id ?? ''
    const own = (await kit.stores.factors.list(id)).find(({ kind }) => kind === 'totp')
    expect((await postJson(kit, cookies, '/factors/remove', { id: own?.id })).status).toBe(200)
    expect(await kit.stores.factors.list(id)).toEqual([])
    expect((await signInWith(kit, new Jar())).json()['active']).toBe(true)
  })

  test('an account takes twenty and no more', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const id = (await kit.stores.accounts.findByKey(NAME))?.id ?? ''
    const cookies = new Jar()
    await signInWith(kit, cookies)
    for (let n = 0; n < 20; n += 1) {
      await kit.stores.factors.insert({
        id: `recovery ${String(n)}`,
        account: id,
        kind: 'recovery-codes',
        name: '',
        content: '[]',
        createdAt: 0,
        lastUsedAt: null,
      })
    }
    const { key, enrolment } = (await postJson(kit, cookies, '/factors/totp', {})).json()
    const refused = await postJson(kit, cookies, '/factors/totp', { enrolment, code: codeAt(String(key), kit.now()) })
    expect(refused.header('cloakroom-error')).toBe('factor_limit')
  })
})

describe('the languages of the pages', () => {
  test.each([
    ['de', 'Anmelden', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'Anmelden', 'de'],
    ['fr, en;q=0.5, de;q=0.7', 'Anmelden', 'de'],
    ['fr', 'Sign in', 'en'],
    ['', 'Sign in', 'en'],
    ['de;q=0, en', 'Sign in', 'en'],
    ['*', 'Sign in', 'en'],
  ])('%j', async (accepted, title, language) => {
    const kit = makeKit()
    const page = await kit.send({ path: '/auth/login', headers: { 'accept-language': accepted } })
    expect(page.text).toContain(`<html lang="${language}">`)
    expect(page.text).toContain(`<h1>${title}</h1>`)
  })
})
