import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({ config: { site: import.meta.dirname, shop: { access: 'visitor' } } })
})
afterAll(() => kit.close())

const NAMES = ['__Host-Http-session', '__Host-Http-visit', '__Host-Http-device']
const PATHS = ['/api/shop/products', '/auth/session', '/auth/login']

describe('C12 a crafted cookie is refused, and the gateway lives', () => {
  test('COO-12 a cookie that came twice is believed in neither form', async () => {
    const cookie = await kit.signIn()
    for (const sent of [`${cookie}; ${cookie}`, `${cookie}; __Host-Http-session=x`, `__Host-Http-session=; ${cookie}`]) {
      const answer = await kit.call('GET', '/api/shop/products', { cookie: sent })
      expect(answer.status).toBe(400)
      expect(answer.header('cloakroom-error')).toBe('duplicate_cookie')
    }
    const twoLines = await kit.call('GET', '/api/shop/products', {
      headers: [
        ['cookie', cookie],
        ['cookie', '__Host-Http-session=x'],
      ],
    })
    expect(twoLines.status).toBe(400)
    expect(kit.upstream.requests).toHaveLength(0)
  })

  test('random values, in every cookie, on every kind of path', async () => {
    const value = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.base64String({ maxLength: 400 }),
      fc.constantFrom('', '.', '..', 'ck1.1.a.b.c', 'a.'.repeat(2000), 'x'.repeat(6000), '%', '"', '\\', '{}', '[]'),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NAMES), value, fc.constantFrom(...PATHS), async (name, text, path) => {
        const answer = await kit.call('GET', path, { cookie: `${name}=${text.replaceAll(/[^\x20-\x7e]/g, '~')}` })
        expect(answer.status).toBeGreaterThanOrEqual(200)
        expect(answer.status).toBeLessThan(500)
      }),
      { numRuns: 150 },
    )
    expect(kit.upstream.requests).toHaveLength(0)
    expect((await kit.call('GET', '/auth/session')).status).toBe(200)
  })
})
