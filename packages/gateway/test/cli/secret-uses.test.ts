import { afterEach, expect, test } from 'vitest'
import { call } from '../call.ts'
import { type Installation, install, PASSWORD } from '../started.ts'

let place: Installation | null = null
afterEach(async () => {
  await place?.remove()
  place = null
})

test('what a secret was used for is shown by route and account, seconds after the calls, without a name in the file', async () => {
  place = await install('canary-secret-uses-5Jd1')
  const own = place
  const { port } = await own.start()
  const name = 'shop-key'
  expect((await own.run(['secret', 'uses', name])).out).toBe(`${name} was not used in that time.\n`)
  const signedIn = await call(port, 'POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })
  const cookie = (signedIn.all('set-cookie')[0] ?? '').split(';', 1)[0] ?? ''
  for (let count = 0; count < 2; count += 1) expect((await call(port, 'GET', '/api/shop/x', { cookie })).status).toBe(200)
  const shown = async () => JSON.parse((await own.run(['secret', 'uses', name, '--days', '1', '--json'])).out) as unknown
  await expect.poll(shown, { timeout: 30_000, interval: 500 }).toMatchObject([{ via: 'account', name: 'ada', count: 2 }])
  expect((await own.run(['secret', 'uses', name])).out).toMatch(/^2 {2}shop: \S+ \S+ {2}ada {2}last 20/)
  expect((await own.run(['secret', 'uses', 'none'])).code).toBe(1)
  expect((await own.run(['secret', 'uses', name, '--days', 'x'])).code).toBe(64)
}, 90_000)
