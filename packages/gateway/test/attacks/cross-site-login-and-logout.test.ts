import { describe, expect, test } from 'vitest'
import { Jar, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

const SENDERS: readonly (readonly [string, Record<string, string>])[] = [
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['a sibling host, to which SameSite cookies are sent', { 'sec-fetch-site': 'same-site', origin: 'https://other.shop.example' }],
  ['an origin that may call the APIs', { 'sec-fetch-site': 'cross-site', origin: 'https://partner.example' }],
  ['a sandboxed frame', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ['a browser that says same-origin for a foreign origin', { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }],
  ['a value that does not exist', { 'sec-fetch-site': 'own', origin: 'https://shop.example' }],
  ['the same host over another scheme', { 'sec-fetch-site': 'cross-site', origin: 'http://shop.example' }],
]

function makeOwner() {
  return makeKit({ policy: { allowedOrigins: ['https://partner.example'] } })
}

describe('cross-site login and logout', () => {
  test.each(SENDERS)('CSRF-10 a login sent by %s is refused, though name and password are right', async (_who, headers) => {
    const kit = makeOwner()
    await kit.addAccount()
    for (const message of [{ form: { account: NAME, password: PASSWORD } }, { json: { account: NAME, password: PASSWORD } }]) {
      const said = await kit.send({ method: 'POST', path: '/auth/login', ...message, headers })
      expect([said.status, said.header('cloakroom-error'), said.setCookies]).toEqual([403, 'cross_site', []])
    }
    expect(kit.derived()).toBe(1)
    expect(kit.events.at(-1)).toMatchObject({ kind: 'request.refused', target: 'POST /auth/login', reason: 'cross_site' })
  })

  test.each(SENDERS)('SES-14 a logout sent by %s is refused and the session lives on', async (_who, headers) => {
    const kit = makeOwner()
    await kit.addAccount()
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD }, cookies })
    const said = await kit.send({ method: 'POST', path: '/auth/logout', form: {}, headers, cookies })
    expect([said.status, said.setCookies, said.header('clear-site-data')]).toEqual([403, [], null])
    expect((await kit.send({ path: '/auth/session', cookies })).json()).toMatchObject({ active: true })
  })

  test.each(SENDERS)('CSRF-10 %s changes no password, begins no visit and does not learn who is signed in', async (_who, headers) => {
    const kit = makeOwner()
    await kit.addAccount()
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD }, cookies })
    const change = { currentPassword: PASSWORD, newPassword: 'violet crayons on paper' }
    expect((await kit.send({ method: 'POST', path: '/auth/password', json: change, headers, cookies })).status).toBe(403)
    expect((await kit.send({ method: 'POST', path: '/auth/visit', headers, cookies })).status).toBe(403)
    expect((await kit.send({ path: '/auth/session', headers, cookies })).status).toBe(403)
  })

  test('SES-14 a link or an image signs nobody out: GET is not allowed, HEAD and OPTIONS neither', async () => {
    const kit = makeOwner()
    await kit.addAccount()
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD }, cookies })
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      const said = await kit.send({ method, path: '/auth/logout', cookies })
      expect([said.status, said.header('allow'), said.setCookies]).toEqual([405, 'POST', []])
    }
    expect((await kit.send({ path: '/auth/session', cookies })).json()).toMatchObject({ active: true })
  })

  test('CSRF-10 a browser that says nothing of itself needs the field X-CSRF', async () => {
    const kit = makeOwner()
    await kit.addAccount()
    const headers = { 'sec-fetch-site': '', origin: '' }
    const silent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
    const message = { method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD } }
    const bare = await kit.sendBare({ ...message, headers: silent })
    expect([bare.status, bare.header('cloakroom-error')]).toEqual([403, 'csrf_header_missing'])
    expect((await kit.sendBare({ ...message, headers: { 'x-csrf': '1' } })).status).toBe(200)
  })

  test.each([
    'text/plain',
    'text/plain; application/json',
    'text/plain;application/json',
    'text/plain; charset=application/json',
    'multipart/form-data; boundary=application/json',
    'application/jsonx',
    'application/json-patch+json',
    'x-application/json',
    'text/json',
    'application/problem+json',
    '',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded-not',
    'text/html',
  ])('C18 the content type is compared whole: %s is not taken', async (type) => {
    const kit = makeOwner()
    await kit.addAccount()
    const body = JSON.stringify({ account: NAME, password: PASSWORD })
    const said = await kit.send({ method: 'POST', path: '/auth/login', body, headers: { 'content-type': type } })
    expect([said.status, said.setCookies]).toEqual([415, []])
    expect(kit.derived()).toBe(1)
  })

  test.each(['application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"'])(
    'C18 %s is JSON',
    async (type) => {
      const kit = makeOwner()
      await kit.addAccount()
      const body = JSON.stringify({ account: NAME, password: PASSWORD })
      expect((await kit.send({ method: 'POST', path: '/auth/login', body, headers: { 'content-type': type } })).status).toBe(200)
    },
  )
})
