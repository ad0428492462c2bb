import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit()
})
afterAll(async () => {
  await kit.close()
})

test('PWD-07 a storm of logins is worked off beside the API: calls are answered while the passwords are still being checked', async () => {
  const cookie = await kit.signIn()
  let checked = 0
  const storm = Array.from({ length: 60 }, async (_each, name) => {
    const { status } = await kit.call('POST', '/auth/login', { json: { account: `name-${String(name)}`, password: 'wrong' } })
    checked += 1
    return status
  })
  for (let time = 0; time < 5; time += 1) expect((await kit.call('GET', '/api/shop/products/1', { cookie })).status).toBe(200)
  // All 60 cost more than a second of hashing; five calls cost milliseconds and would come last if they had to wait their turn.
  expect(checked).toBeLessThan(50)
  expect(new Set(await Promise.all(storm))).toEqual(new Set([401]))
})

test('PWD-10 what does not fit into the queue is told so at once, without a cookie', async () => {
  const answers = await Promise.all(
    Array.from({ length: 120 }, (_each, name) =>
      kit.call('POST', '/auth/login', { json: { account: `other-${String(name)}`, password: 'wrong' } }),
    ),
  )
  const busy = answers.filter(({ status }) => status === 503)
  expect(answers.filter(({ status }) => status === 401).length + busy.length).toBe(120)
  expect(busy.length).toBeGreaterThan(0)
  for (const answer of busy) {
    expect(answer.all('cloakroom-error')).toEqual(['busy'])
    expect(answer.all('retry-after')).toEqual(['2'])
    expect(answer.all('set-cookie')).toEqual([])
  }
})
