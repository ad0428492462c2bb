import { afterEach, expect, test } from 'vitest'
import type { HeaderField } from '../../src/decide/headers.ts'
import { linesOf, startWay, type Way, type WayOptions } from '../way-kit.ts'

let way: Way
afterEach(() => way.close())

async function answerTo(headers: readonly HeaderField[], options: WayOptions = {}): Promise<{ readonly headers: readonly HeaderField[] }> {
  way = await startWay({ ...options, upstream: { script: [{ headers, body: 'x' }] } })
  const answer = await way.read({ headers: [['origin', 'https://evil.example']] })
  expect([answer.status, answer.text]).toEqual([200, 'x'])
  return answer
}

test('COO-14 an upstream sets no cookie on this site, its session cookie least of all', async () => {
  const answer = await answerTo([
    ['Set-Cookie', '__Host-Http-session=evil; Secure; HttpOnly; Path=/'],
    ['SET-COOKIE', '__host-http-session=evil'],
    ['Set_Cookie', '__Host-Http-session=evil'],
    ['set-cookie', 'foo=1'],
  ])
  expect(JSON.stringify(answer.headers)).not.toMatch(/evil|foo=/)
})

test('COO-14 COO-11 those that the owner named are made Secure, kept to the API’s path, and stay lines of their own', async () => {
  const answer = await answerTo(
    [
      ['Set-Cookie', 'theme=dark; Domain=example.com; Path=/'],
      ['Set-Cookie', '__Host-Http-session=evil'],
      ['Set-Cookie', 'lang=de; HttpOnly'],
    ],
    { api: { cookies: ['theme', 'lang', '__Host-Http-session'] } },
  )
  expect(linesOf(answer, 'set-cookie')).toEqual(['theme=dark; Secure; Path=/api/shop', 'lang=de; HttpOnly; Secure; Path=/api/shop'])
})

test('CSRF-12 an upstream opens this site to no other', async () => {
  const answer = await answerTo([
    ['Access-Control-Allow-Origin', '*'],
    ['access-control-allow-credentials', 'true'],
    ['Access_Control_Allow_Origin', 'https://evil.example'],
  ])
  expect(answer.headers.filter(([name]) => name.includes('access'))).toEqual([])
})

test('HDR-11 what would take the origin over is dropped, and our own word stands, once', async () => {
  const answer = await answerTo([
    ['Clear-Site-Data', '"*"'],
    ['Strict-Transport-Security', 'max-age=0'],
    ['Content-Security-Policy', 'default-src *'],
    ['Service-Worker-Allowed', '/'],
    ['Secure-Session-Registration', '(ES256);path="/evil"'],
    ['Refresh', '0; url=https://evil.example'],
    ['SourceMap', '/evil.map'],
    ['Alt-Svc', 'h3="evil.example:443"'],
    ['Accept-CH', 'Sec-CH-UA-Model'],
    ['X-Content-Type-Options', 'none'],
    ['Referrer-Policy', 'unsafe-url'],
    ['Cross-Origin-Resource-Policy', 'cross-origin'],
    ['Cross-Origin-Opener-Policy', 'unsafe-none'],
    ['X-Accel-Redirect', '/internal/secret'],
    ['CDN-Cache-Control', 'public, max-age=9999'],
    ['Cache-Control', 'public, max-age=9999'],
  ])
  expect(JSON.stringify(answer.headers)).not.toMatch(/evil|max-age|unsafe|Sec-CH|internal|"\*"/)
  expect(linesOf(answer, 'content-security-policy')).toEqual(["default-src 'none'; frame-ancestors 'none'; sandbox"])
  expect(linesOf(answer, 'x-content-type-options')).toEqual(['nosniff'])
  expect(linesOf(answer, 'cross-origin-resource-policy')).toEqual(['same-origin'])
  expect(linesOf(answer, 'cache-control')).toEqual(['no-store'])
})

test('HDR-10 the machines behind stay unnamed', async () => {
  const answer = await answerTo([
    ['Server', 'secret-box/1.2'],
    ['X-Powered-By', 'secret-box'],
    ['Via', '1.1 secret-box'],
    ['X-Served-By', 'secret-box'],
    ['X-Backend-Server', 'secret-box'],
    ['Server-Timing', 'secret-box;dur=1'],
  ])
  expect(JSON.stringify(answer.headers)).not.toContain('secret-box')
})

test('HDR-15 the request keeps our name for it', async () => {
  expect(linesOf(await answerTo([['X-Request-Id', 'evil']]), 'x-request-id')).toEqual(['request-1'])
})
