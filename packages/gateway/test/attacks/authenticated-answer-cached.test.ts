import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
let cookie: string
beforeAll(async () => {
  kit = await startKit({
    upstream: {
      script: [
        {
          headers: [
            ['cache-control', 'public, max-age=86400'],
            ['expires', 'Fri, 01 Jan 2038 00:00:00 GMT'],
            ['age', '5'],
          ],
          body: '{}',
        },
      ],
    },
  })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

describe('C8 HDR-08 nothing that touches a session may be stored', () => {
  test.each(['/api/shop/me', '/api/shop/me/x.css', '/api/shop/me/logo.png'])(
    '%s, whatever the API says and however it looks like a file',
    async (path) => {
      const answer = await kit.call('GET', path, { cookie })
      expect(answer.status).toBe(200)
      expect(answer.all('cache-control')).toEqual(['no-store'])
      expect(answer.header('expires')).toBeNull()
    },
  )
  test('CSRF-16 answers differ by these fields, and say so', async () => {
    const answer = await kit.call('GET', '/api/shop/me', { cookie })
    for (const name of ['Sec-Fetch-Site', 'Origin', 'Cookie']) expect(answer.header('vary')).toContain(name)
  })
  test.each([
    ['POST', '/auth/login', { json: { account: 'ada', password: 'wrong wrong wrong' } }],
    ['GET', '/auth/session', {}],
    ['POST', '/auth/logout', {}],
    ['GET', '/auth/login', {}],
    ['GET', '/api/shop/me', {}],
    ['GET', '/nowhere', {}],
  ] as const)('%s %s', async (method, path, options) => {
    expect((await kit.call(method, path, options)).all('cache-control')).toEqual(['no-store'])
  })
  test('the answer that sets the cookie least of all', async () => {
    const answer = await kit.call('POST', '/auth/login', { json: { account: 'ada', password: 'correct horse battery staple' } })
    expect(answer.all('set-cookie').length).toBeGreaterThan(0)
    expect(answer.all('cache-control')).toEqual(['no-store'])
  })
})
