import type { ChallengeView } from '@cloakroom/contract'
import { afterEach, expect, test } from 'vitest'
import type { Called } from '../call.ts'
import { rulesOf } from '../guard-kit.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { solve } from '../solve.ts'

/* The cookie was taken from the visitor's machine and is used from another one: another network, another browser. */

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

const HOME = [
  ['x-forwarded-for', '198.51.100.7'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36'],
  ['accept-language', 'de-CH,de;q=0.9'],
] as const
const THIEF = [
  ['x-forwarded-for', '203.0.113.66'],
  ['user-agent', 'python-requests/2.32'],
] as const
const codeOf = (answer: Called) => answer.header('cloakroom-error')

async function signedIn(does: string): Promise<{ readonly kit: Kit; readonly cookie: string }> {
  kit = await startKit({
    guard: rulesOf({ id: 'moved', when: 'session.authenticated && session.drift >= 2', does }),
    config: { trustedProxies: ['127.0.0.1'] },
  })
  const answer = await kit.call('POST', '/auth/login', { json: { account: 'ada', password: PASSWORD }, headers: HOME })
  return {
    kit,
    cookie:
      answer
        .all('set-cookie')
        .find((line) => line.includes('Http-session='))
        ?.split(';', 1)[0] ?? '',
  }
}

test('RATE-06 the same cookie from another network and another browser is challenged; once that is solved, it goes on; at home nobody notices', async () => {
  const { kit, cookie } = await signedIn('{ challenge: { pow: easy, else: { block: 403 } } }')
  expect((await kit.call('GET', '/api/shop/products', { cookie, headers: HOME })).status).toBe(200)
  const moved = await kit.call('GET', '/api/shop/products', { cookie, headers: THIEF })
  expect(codeOf(moved)).toBe('challenge_required')
  const { challenge } = JSON.parse(moved.text) as { challenge: ChallengeView }
  const cleared = await kit.call('POST', challenge.clearAt, { cookie, headers: THIEF, json: { solution: await solve(challenge) } })
  const pass = cleared.all('set-cookie')[0]?.split(';', 1)[0] ?? ''
  expect((await kit.call('GET', '/api/shop/products', { cookie: `${cookie}; ${pass}`, headers: THIEF })).status).toBe(200)
  expect((await kit.call('GET', '/api/shop/products', { cookie, headers: HOME })).status).toBe(200)
})

test('RATE-06 any two of network, browser and language that differ are a thief; one of them is a traveller', async () => {
  const { kit, cookie } = await signedIn('{ block: 403 }')
  const away = [...THIEF, ['accept-language', 'pt-BR']] as const
  const call = async (...changed: readonly number[]) =>
    codeOf(
      await kit.call('GET', '/api/shop/products', {
        cookie,
        headers: HOME.map((field, at) => (changed.includes(at) ? (away[at] ?? field) : field)),
      }),
    )
  expect([await call(), await call(0), await call(1), await call(2)]).toEqual([null, null, null, null])
  expect([await call(0, 1), await call(0, 2), await call(1, 2), await call(0, 1, 2)]).toEqual(['blocked', 'blocked', 'blocked', 'blocked'])
})

test('RATE-06 or the session is ended, wherever it is used', async () => {
  const { kit, cookie } = await signedIn('{ revoke: session }')
  // A traveller changes one thing.
  expect(
    (await kit.call('GET', '/api/shop/products', { cookie, headers: [['x-forwarded-for', '192.0.2.1'], ...HOME.slice(1)] })).status,
  ).toBe(200)
  expect(codeOf(await kit.call('GET', '/api/shop/products', { cookie, headers: THIEF }))).toBe('session_required')
  expect(codeOf(await kit.call('GET', '/api/shop/products', { cookie, headers: HOME }))).toBe('session_required')
})
