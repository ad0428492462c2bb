import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

const LURES = ['/me', '/me/x.css', '/me/logo.png', '/me.js', '/me/x.woff2', '/me/%2A.css', '/me?x=.css', '/static/me.css', '/favicon.ico']
/** An upstream that would let everybody keep everything. */
const GENEROUS = [
  ['cache-control', 'public, max-age=31536000, immutable, s-maxage=31536000'],
  ['cdn-cache-control', 'max-age=31536000'],
  ['surrogate-control', 'max-age=31536000'],
  ['cloudflare-cdn-cache-control', 'max-age=31536000'],
  ['vercel-cdn-cache-control', 'max-age=31536000'],
  ['expires', 'Fri, 31 Dec 2100 00:00:00 GMT'],
  ['age', '1'],
  ['content-type', 'text/css'],
] as const

let kit: Kit
let open: Kit
let fields: readonly (readonly [string, string])[] = GENEROUS
beforeAll(async () => {
  const upstream = { script: () => ({ headers: fields, body: 'mine' }) }
  kit = await startKit({ upstream })
  open = await startKit({ upstream, config: { shop: { access: 'public', allow: ['GET /**'] } } })
})
afterAll(async () => {
  await kit.close()
  await open.close()
})

describe('HTTP-25 C8 a cache between us and the visitor keeps nothing that is one visitor’s', () => {
  test.each(LURES)('%s, though it looks like a file and the API says that all may keep it', async (path) => {
    fields = GENEROUS
    const answer = await kit.call('GET', `/api/shop${path}`, { cookie: await kit.signIn() })
    expect(answer.status).toBe(200)
    expect(answer.all('cache-control')).toEqual(['no-store'])
    expect(answer.headers.map(([name]) => name).filter((name) => /cdn|surrogate|^expires$|^age$/.test(name))).toEqual([])
  })

  test.each(LURES)('the refusal at %s, too', async (path) => {
    const answer = await kit.call('GET', `/api/shop${path}`)
    expect([answer.status, answer.all('cache-control')]).toEqual([401, ['no-store']])
  })

  test('HTTP-25 what all may see is private unless the API says otherwise, and never kept with a cookie', async () => {
    const ask = async (said: readonly (readonly [string, string])[]) => {
      fields = said
      return (await open.call('GET', '/api/shop/list')).all('cache-control')
    }
    expect(await ask([])).toEqual(['private, no-cache'])
    expect(await ask([['cache-control', 'max-age=60']])).toEqual(['private, max-age=60'])
    expect(await ask([['cache-control', 'public, max-age=60']])).toEqual(['public, max-age=60'])
    expect(await ask([['cache-control', 'no-store']])).toEqual(['no-store'])
  })
})
