import { afterEach, expect, test } from 'vitest'
import { call } from '../call.ts'
import { type Installation, install, PASSWORD } from '../started.ts'

let place: Installation | null = null
afterEach(async () => {
  await place?.remove()
  place = null
})

test('REV-10 roles that a command gives or takes count at a running gateway from the next request on', async () => {
  place = await install('canary-set-roles-2Pk9')
  place.edit((text) => text.replace(/access: \w+/, 'access: { role: staff }'))
  const { port } = await place.start()
  const signedIn = await call(port, 'POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })
  const cookie = (signedIn.all('set-cookie')[0] ?? '').split(';', 1)[0] ?? ''
  const status = async (): Promise<number> => (await call(port, 'GET', '/api/shop/x', { cookie })).status
  const run = async (...args: readonly string[]) => await (place as Installation).run(['account', 'set-roles', ...args])
  expect(await status()).toBe(403)
  expect((await run('ADA', 'staff', 'buyer')).out).toBe('ada has the roles staff, buyer from now on.\n')
  expect(await status()).toBe(200)
  expect((await run('ada', '--none')).code).toBe(0)
  expect(await status()).toBe(403)
  expect([(await run('ada')).code, (await run('ada', 'a role')).code, (await run('bob', 'staff')).code]).toEqual([64, 64, 1])
  expect((await place.run(['audit', 'tail', '--json'])).out).toContain('"account.roles_set"')
}, 60_000)
