import { describe, expect, test } from 'vitest'
import { SESSION_COOKIE, VISIT_COOKIE } from '../../src/decide/cookies.ts'
import { ENDPOINTS } from '../../src/http/endpoint-table.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

async function dump(kit: Kit): Promise<string> {
  const accounts = await kit.stores.accounts.list()
  const sessions = (await kit.stores.sessions.listAll(100)).map(({ seenAt: _seenAt, ...rest }) => rest)
  return JSON.stringify({ accounts, sessions, events: kit.events })
}

async function signIn(kit: Kit): Promise<Jar> {
  const cookies = new Jar()
  await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD }, cookies })
  return cookies
}

describe('the gateway’s own endpoints', () => {
  test('CSRF-08 reading changes nothing: every GET twice, signed in and not, leaves the store as it was', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const before = await dump(kit)
    for (const { path } of ENDPOINTS) {
      for (const method of ['GET', 'GET', 'HEAD', 'OPTIONS']) {
        for (const jar of [new Jar(), cookies]) {
          kit.pass(1000)
          expect((await kit.send({ method, path: `/auth${path}`, cookies: jar })).setCookies).toEqual([])
        }
      }
    }
    expect(await dump(kit)).toBe(before)
  })

  test('HDR-08 nothing that depends on the visitor may be stored', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signIn(kit)
    const assets = ['/style.css', '/page.js', '/logo', '/challenge.js']
    for (const { method, path } of ENDPOINTS.filter((endpoint) => !assets.includes(endpoint.path))) {
      for (const mode of ['cors', 'navigate']) {
        for (const jar of [new Jar(), cookies]) {
          for (const message of method === 'GET' ? [{}] : [{ json: {} }, { form: { account: 'x', password: 'y' } }, { body: 'x' }]) {
            const said = await kit.send({ method, path: `/auth${path}`, headers: { 'sec-fetch-mode': mode }, cookies: jar, ...message })
            expect(said.header('cache-control'), `${method} ${path} ${String(said.status)}`).toBe('no-store')
            expect(said.header('vary')).toBe('Sec-Fetch-Site, Origin, Cookie')
          }
        }
      }
    }
  })

  test('style sheet and script may be kept under the address that the pages name, and not under another', async () => {
    const kit = makeKit({ theme: { logo: { fileName: 'logo.svg', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') } } })
    const { text } = await kit.send({ path: '/auth/login' })
    const addresses = [...text.matchAll(/(?:href|src)="(\/auth\/(?:style\.css|page\.js|logo)\?v=[0-9a-f]+)"/g)].map((match) => match[1]!)
    expect(addresses).toHaveLength(3)
    for (const address of addresses) {
      const [path = '', query = ''] = address.split('?')
      expect((await kit.send({ path, query })).header('cache-control')).toBe('public, max-age=31536000, immutable')
      expect((await kit.send({ path, query: 'v=0' })).header('cache-control')).toBe('no-cache')
      expect((await kit.send({ path, query })).header('x-content-type-options')).toBe('nosniff')
    }
    const types = await Promise.all(
      ['style.css', 'page.js', 'logo'].map(async (file) => (await kit.send({ path: `/auth/${file}` })).header('content-type')),
    )
    expect(types).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8', 'image/svg+xml'])
    expect((await makeKit().send({ path: '/auth/logo' })).status).toBe(404)
  })

  test('paths are exact and other methods are told which ones there are', async () => {
    const kit = makeKit()
    for (const path of ['/auth', '/auth/', '/auth/login/', '/auth/Login', '/auth/login/x', '/auth/loginx', '/auth/.']) {
      expect((await kit.send({ path })).status, path).toBe(404)
    }
    const allowed = async (path: string): Promise<unknown> => {
      const said = await kit.send({ method: 'DELETE', path })
      return [said.status, said.header('allow'), said.json()['code']]
    }
    expect(await allowed('/auth/login')).toEqual([405, 'GET, HEAD, POST', 'method_not_allowed'])
    expect(await allowed('/auth/session')).toEqual([405, 'GET, HEAD', 'method_not_allowed'])
    expect(await allowed('/auth/visit')).toEqual([405, 'POST', 'method_not_allowed'])
    const [get, head] = [await kit.send({ path: '/auth/login' }), await kit.send({ method: 'HEAD', path: '/auth/login' })]
    expect([head.status, head.answer.headers]).toEqual([get.status, get.answer.headers])
  })

  test.each([
    ['too long', 'application/json', JSON.stringify({ account: NAME, password: 'x'.repeat(17_000) }), 413],
    ['an array', 'application/json', '["ada"]', 400],
    ['a text', 'application/json', '"ada"', 400],
    ['null', 'application/json', 'null', 400],
    ['broken', 'application/json', '{"account":"ada"', 400],
    ['nested', 'application/json', '{"account":{"$ne":null},"password":"x"}', 400],
    ['a number as a password', 'application/json', '{"account":"ada","password":1}', 400],
    ['a key twice', 'application/json', `{"account":"eve","password":"x","account":"ada"}`, 400],
    ['a key twice, once escaped', 'application/json', `{"account":"eve","password":"x","\\u0061ccount":"ada"}`, 400],
    ['a key twice', 'application/x-www-form-urlencoded', 'account=eve&password=x&account=ada', 400],
    ['a key twice, once escaped', 'application/x-www-form-urlencoded', 'account=eve&password=x&%61ccount=ada', 400],
    ['an escape that is none', 'application/x-www-form-urlencoded', 'account=ada&password=%zz', 400],
    ['bytes that are no UTF-8', 'application/x-www-form-urlencoded', 'account=ada&password=%ff', 400],
    ['no password', 'application/x-www-form-urlencoded', 'account=ada', 400],
    ['nothing', 'application/json', '', 400],
  ])('a body that is %s is refused (%s)', async (_what, type, body, status) => {
    const kit = makeKit()
    await kit.addAccount()
    const said = await kit.send({ method: 'POST', path: '/auth/login', body, headers: { 'content-type': type } })
    expect([said.status, said.setCookies]).toEqual([status, []])
    expect(kit.derived()).toBe(1)
  })

  test('a body that is too long is refused even if it does not say how long it is', async () => {
    const kit = makeKit()
    const json = { account: NAME, password: 'x'.repeat(17_000) }
    expect((await kit.send({ method: 'POST', path: '/auth/login', json, isChunked: true })).status).toBe(413)
  })

  test('quotes, backslashes and braces inside a password do not look like a second key', async () => {
    const kit = makeKit()
    const password = 'a "quoted" \\ {password: "x", } \u2028 end'
    await kit.addAccount(NAME, password)
    expect((await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password } })).status).toBe(200)
    expect((await kit.send({ method: 'POST', path: '/auth/login', form: { account: NAME, password } })).status).toBe(303)
  })

  test('COO-12 two session cookies at once are believed neither, on every endpoint', async () => {
    const kit = makeKit()
    const headers = { cookie: `${SESSION_COOKIE}=a; ${SESSION_COOKIE}=b` }
    for (const [method, path] of [
      ['GET', '/auth/login'],
      ['POST', '/auth/login'],
      ['POST', '/auth/logout'],
      ['GET', '/auth/session'],
      ['GET', '/auth/password'],
    ] as const) {
      const message = method === 'POST' ? { json: { account: NAME, password: PASSWORD } } : {}
      const said = await kit.send({ method, path, headers, ...message })
      expect([said.status, said.json()['code']], `${method} ${path}`).toEqual([400, 'duplicate_cookie'])
    }
  })

  test('a person sees a page, a script sees a problem, whatever is refused', async () => {
    const kit = makeKit()
    const page = await kit.send({ path: '/auth/logout', headers: { 'sec-fetch-mode': 'navigate' } })
    expect([page.status, page.header('allow'), page.header('content-type')]).toEqual([405, 'POST', 'text/html; charset=utf-8'])
    expect(page.text).toContain('method_not_allowed')
    expect(page.text).toContain('request-1')
    const script = await kit.send({ path: '/auth/logout' })
    expect([script.status, script.header('content-type')]).toEqual([405, 'application/problem+json'])
  })
})

describe('anonymous visits of a website that is served elsewhere', () => {
  test('a page begins one, keeps it, and one address begins no more than the owner allows', async () => {
    const open = { access: { kind: 'visitor' } } as const
    const base = makeKit().policy
    const kit = makeKit({ policy: { apis: base.apis.map((api) => ({ ...api, ...open })), visits: { ...base.visits, perAddressHour: 3 } } })
    const cookies = new Jar()
    const first = await kit.send({ method: 'POST', path: '/auth/visit', cookies })
    expect([first.status, kit.parts.visits.open(cookies.value(VISIT_COOKIE)!, kit.now())?.startedAt]).toEqual([204, kit.now()])
    const again = await kit.send({ method: 'POST', path: '/auth/visit', cookies })
    expect([again.status, again.setCookies]).toEqual([204, []])
    const statuses = []
    for (let time = 0; time < 3; time += 1) statuses.push((await kit.send({ method: 'POST', path: '/auth/visit' })).status)
    expect(statuses).toEqual([204, 204, 429])
    expect((await kit.send({ method: 'POST', path: '/auth/visit', client: '192.0.2.9' })).status).toBe(204)
    expect(kit.events.map(({ kind }) => kind)).toEqual(Array.from({ length: 4 }, () => 'visit.started'))
  })

  test('RATE-03 an IPv6 customer begins no more of them than his whole /48 may, and his neighbours are not counted with him', async () => {
    const open = { access: { kind: 'visitor' } } as const
    const base = makeKit().policy
    const visits = { ...base.visits, perAddressHour: 3, perCustomerHour: 7 }
    const kit = makeKit({ policy: { apis: base.apis.map((api) => ({ ...api, ...open })), visits } })
    const from = async (client: string) => (await kit.send({ method: 'POST', path: '/auth/visit', client })).status
    const greedy = []
    for (let time = 0; time < 50; time += 1) greedy.push(await from('2001:db8:1:1::1'))
    expect(greedy.filter((status) => status === 204)).toHaveLength(3)
    const others = []
    for (let network = 2; network < 10; network += 1) others.push(await from(`2001:db8:1:${String(network)}::1`))
    expect(others).toEqual([204, 204, 204, 204, 429, 429, 429, 429])
    expect(await from('2001:db8:2:1::1')).toBe(204)
  })

  test('where no API takes visitors there is no visit to begin', async () => {
    expect((await makeKit().send({ method: 'POST', path: '/auth/visit' })).status).toBe(404)
  })
})
