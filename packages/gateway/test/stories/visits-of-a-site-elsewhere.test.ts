import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({ config: { shop: { access: 'visitor' } } })
})
afterAll(() => kit.close())

test('where the site is served elsewhere on the origin, its script begins the visit itself', async () => {
  expect((await kit.call('GET', '/api/shop/products')).header('cloakroom-error')).toBe('visit_required')
  const begun = await kit.call('POST', '/auth/visit')
  const cookie = begun
    .all('set-cookie')
    .find((line) => line.startsWith('__Host-Http-visit='))
    ?.split(';', 1)[0]
  expect(cookie).toBeDefined()
  expect((await kit.call('GET', '/api/shop/products', { cookie: cookie ?? '' })).status).toBe(200)
  // A page of another site cannot begin one.
  const foreign = await kit.call('POST', '/auth/visit', { headers: [['sec-fetch-site', 'cross-site']] })
  expect(foreign.status).toBe(403)
  expect(foreign.all('set-cookie')).toEqual([])
})
