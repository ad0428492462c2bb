import { afterEach, expect, test } from 'vitest'
import { type Kit, PASSWORD, startKit } from '../kit.ts'

/*
 * Leaked pairs of names and passwords are tried one by one. Each name is tried once, so no account's counter fills, and each try comes from
 * another /64 of the attacker's /48, so no network's counter fills either.
 */

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

const TRIES = 30

test('RATE-03 RATE-04 stuffing from rotating /64s is stopped by the rules that come with the gateway, and the rest of the world signs in', async () => {
  kit = await startKit({ guard: 'default', config: { trustedProxies: ['127.0.0.1'] } })
  const { call, addAccount } = kit
  for (let n = 0; n < TRIES; n += 1) await addAccount(`user-${n}`)
  const login = (account: string, password: string, from: string) =>
    call('POST', '/auth/login', { json: { account, password }, headers: [['x-forwarded-for', from]] })
  const statuses: number[] = []
  const codes: (string | null)[] = []
  for (let n = 0; n < TRIES; n += 1) {
    const answer = await login(`user-${n}`, 'leaked elsewhere 1', `2001:db8:77:${n.toString(16)}::1`)
    statuses.push(answer.status)
    codes.push(answer.header('cloakroom-error'))
  }
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401])
  const stopped = statuses.indexOf(429)
  expect(stopped).toBeGreaterThan(0)
  expect(stopped).toBeLessThanOrEqual(22)
  expect(statuses.slice(stopped).every((status) => status === 429)).toBe(true)
  expect(codes[stopped]).toBe('throttled')
  // Even with the right password nothing comes through from there, and everything from elsewhere does.
  expect((await login('ada', PASSWORD, '2001:db8:77:ffff::1')).status).toBe(429)
  expect((await login('ada', PASSWORD, '2001:db8:78::1')).status).toBe(200)
}, 60_000)
