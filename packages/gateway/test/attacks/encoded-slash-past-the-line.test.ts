import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
let cookie: string
beforeAll(async () => {
  kit = await startKit({ config: { shop: { allow: ['GET /packages/*%2F*', 'DELETE /packages/*%2f*/drafts/**', 'GET /products/**'] } } })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

async function ask(target: string, method = 'GET'): Promise<{ status: number; code: string | null; sent: readonly string[] }> {
  const before = kit.upstream.requests.length
  const { status, headers } = await kit.call(method, target, { cookie, headers: [['sec-fetch-site', 'same-origin']] })
  const code = headers.find(([name]) => name.toLowerCase() === 'cloakroom-error')?.[1] ?? null
  return { status, code, sent: kit.upstream.requests.slice(before).map((request) => request.target) }
}

describe('HTTP-03 C2 one route takes an encoded slash inside one segment; what is judged is what is sent', () => {
  test.each([
    ['GET', '/api/shop/packages/@scope%2Fname', '/v1/packages/@scope%2Fname'],
    ['GET', '/api/shop/packages/@scope%2fname', '/v1/packages/@scope%2Fname'],
    ['GET', '/api/shop/packages/%40scope%2Fname?write=%2F..%2F', '/v1/packages/%40scope%2Fname?write=%2F..%2F'],
    ['DELETE', '/api/shop/packages/@scope%2fname/drafts/1/2', '/v1/packages/@scope%2Fname/drafts/1/2'],
  ])('%s %s arrives as %s', async (method, target, wire) => {
    expect(await ask(target, method)).toEqual({ status: 200, code: null, sent: [wire] })
  })

  test.each([
    ['encoded twice', '/api/shop/packages/@scope%252fname'],
    ['a dot segment before it', '/api/shop/packages/..%2fadmin'],
    ['a dot segment before it, encoded', '/api/shop/packages/%2e%2e%2fadmin'],
    ['a dot segment behind it', '/api/shop/packages/a%2f..'],
    ['a dot segment behind it, encoded', '/api/shop/packages/a%2f%2e%2e'],
    ['the same segment', '/api/shop/packages/.%2fadmin'],
    ['two of them', '/api/shop/packages/a%2fb%2fc'],
    ['two of them, and up', '/api/shop/packages/a%2f..%2f..%2fadmin'],
    ['nothing before it', '/api/shop/packages/%2fadmin'],
    ['nothing behind it', '/api/shop/packages/a%2f'],
    ['a backslash', '/api/shop/packages/a%5cb'],
    ['a backslash behind it', '/api/shop/packages/a%2f..%5cadmin'],
    ['an overlong slash', '/api/shop/packages/a%c0%afb'],
    ['a parameter behind it', '/api/shop/packages/a%2fb;c'],
    ['in another segment of the same line', '/api/shop/packages/a%2fb/drafts/c%2fd'],
    ['instead of the slash before that segment', '/api/shop/packages%2fa%2fb'],
    ['instead of the slash of the prefix', '/api%2fshop/packages/a%2fb'],
    ['on a line that does not say so', '/api/shop/products/a%2fb'],
    ['behind the gateway’s own endpoints', '/auth%2fsession'],
    ['on the website', '/a%2fb'],
  ])('%s is refused, and nothing is sent: %s', async (_name, target) => {
    expect(await ask(target)).toEqual({ status: 400, code: 'bad_path', sent: [] })
  })

  test('a line with an encoded slash is no line for two segments, or for one without', async () => {
    expect(await ask('/api/shop/packages/a/b')).toMatchObject({ status: 404, sent: [] })
    expect(await ask('/api/shop/packages/ab')).toMatchObject({ status: 404, sent: [] })
  })

  test('another method does not profit: it is told which ones may', async () => {
    expect(await ask('/api/shop/packages/a%2fb', 'DELETE')).toMatchObject({ status: 405, sent: [] })
  })
})
