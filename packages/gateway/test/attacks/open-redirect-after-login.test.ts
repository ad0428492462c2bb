import { describe, expect, test } from 'vitest'
import { Jar, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

const ORIGIN = 'https://shop.example'

/** Ways to write "over there" that have passed other gateways' checks. */
const PAYLOADS = [
  'https://evil.example',
  'http://evil.example/',
  'HTTPS://evil.example',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\\/evil.example',
  '//\\evil.example',
  '/%5cevil.example',
  '/%5Cevil.example',
  '/%2fevil.example',
  '/%2F/evil.example',
  '/%2f%2fevil.example',
  '%2f%2fevil.example',
  '/%5c%5cevil.example',
  '/%252fevil.example',
  '/%255cevil.example',
  '/\tevil.example',
  '/\t/evil.example',
  '\t//evil.example',
  '/%09/evil.example',
  '/%09//evil.example',
  '/\n/evil.example',
  '/\r/evil.example',
  '/\r\n/evil.example',
  '/%0a/evil.example',
  '/%0d/evil.example',
  '/%0d%0aLocation:%20https://evil.example',
  '/\u0000/evil.example',
  ' //evil.example',
  ' /evil.example',
  '/ /evil.example',
  '/%20/evil.example/..//',
  '//evil.example%2f@shop.example',
  '//shop.example@evil.example',
  'https://shop.example@evil.example',
  'https://shop.example.evil.example',
  'https:evil.example',
  'http:evil.example',
  'http:/evil.example',
  'http:///evil.example',
  'https:\\\\evil.example',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:https://evil.example/x',
  'file:///etc/passwd',
  '/.//evil.example',
  '/..//evil.example',
  '/./\\evil.example',
  '/a/..//evil.example',
  '/%2e%2e//evil.example',
  '/%2e/%2e//evil.example',
  '/a//evil.example',
  '/;@evil.example',
  '/;//evil.example',
  '//evil.example;a',
  '/\u2044evil.example',
  '/\uff0fevil.example',
  '\uff0f\uff0fevil.example',
  '//evil\u3002example',
  '/\u2028/evil.example',
  '@evil.example',
  '.evil.example',
  ':443@evil.example',
  '?//evil.example',
  '#//evil.example',
  '//[::1]/',
  '//127.0.0.1',
  '//0x7f000001',
  '//evil.example:80',
  '/auth/../\\evil.example',
  '/x/%2e%2e/%2e%2e//evil.example',
  '/%E0%80%AFevil.example\\',
  '/%c0%af/evil.example//',
  '/{evil.example}',
  '/<evil.example>',
  '/|evil.example',
  '/"//evil.example',
  '/^//evil.example',
]

describe('open redirect after login', () => {
  test('PWD-18 none of the known ways to write another address leaves this website after signing in', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const strayed: string[] = []
    for (const next of PAYLOADS) {
      const said = await kit.send({ method: 'POST', path: '/auth/login', form: { account: NAME, password: PASSWORD, next } })
      const location = said.header('location') ?? 'none'
      const url = new URL(location, `${ORIGIN}/auth/login`)
      if (
        said.status !== 303 ||
        url.origin !== ORIGIN ||
        url.host !== 'shop.example' ||
        /^\/[/\\]/.test(location) ||
        !/^\/[\x21-\x7e]*$/.test(location)
      )
        strayed.push(`${next} → ${location}`)
    }
    expect(strayed).toEqual([])
  })

  test('PWD-18 the ones named in the standards lead to the start page', async () => {
    const kit = makeKit()
    await kit.addAccount()
    for (const next of ['//evil', 'https://evil', '/\\evil', '/%5cevil', '/%09/evil', 'http:evil', '//user@evil']) {
      const said = await kit.send({ method: 'POST', path: '/auth/login', form: { account: NAME, password: PASSWORD, next } })
      expect(said.header('location'), next).toBe('/')
    }
  })

  test('PWD-18 the sign-in page and the page for who is signed in hold no foreign address either', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = new Jar()
    await kit.send({ method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD }, cookies })
    for (const next of PAYLOADS) {
      const query = `next=${encodeURIComponent(next.toWellFormed())}`
      for (const said of [await kit.send({ path: '/auth/login', query }), await kit.send({ path: '/auth/login', query, cookies })]) {
        const values = [...said.text.matchAll(/(?:href|name="next" value)="([^"]*)"/g)].map((match) => match[1]!)
        for (const value of values) expect(new URL(value.replaceAll('&amp;', '&'), `${ORIGIN}/auth/login`).origin, next).toBe(ORIGIN)
      }
    }
  })

  test('PWD-18 signing in never leads back to the sign-in page', async () => {
    const kit = makeKit()
    await kit.addAccount()
    for (const next of ['/auth/login', '/auth/login?next=/auth/login', '/%61uth/login', '/auth', '/auth/logout']) {
      const said = await kit.send({ method: 'POST', path: '/auth/login', form: { account: NAME, password: PASSWORD, next } })
      expect(said.header('location'), next).toBe('/')
    }
  })
})
