import { afterEach, expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'

/* A scraper that stays far below any rate: one product every four seconds, each only once, for hours. What gives it away is how many it saw. */

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

const GUARD = guardOf(
  `signals:
  rate: { on: request, when: route.api == "shop", key: actor, gcra: { max: 60, per: 60s } }
  seen: { on: response, when: response.status == 200 && request.path in glob("/api/shop/products/*"), key: actor, distinct: { of: request.path, max: 200, per: 6h } }`,
  { id: 'rate', when: 'signal.rate.over', does: '{ throttle: auto }' },
  { id: 'scraper', when: 'signal.seen.over', does: '{ block: 403 }' },
)

test('RATE-04 a scraper below every rate is stopped by the number of different things that it saw; a visitor who comes back to the same ones is not', async () => {
  kit = await startKit({ guard: GUARD })
  const { call, clock, signIn, addAccount } = kit
  await addAccount('reader')
  const [scraper, reader] = [await signIn(), await signIn('reader')]
  const statuses: number[] = []
  for (let n = 0; n < 230; n += 1) {
    clock.now += 4000
    statuses.push((await call('GET', `/api/shop/products/${n}`, { cookie: scraper })).status)
    expect((await call('GET', `/api/shop/products/${n % 20}`, { cookie: reader })).status).toBe(200)
  }
  expect(statuses.indexOf(403)).toBe(201)
  expect(statuses).not.toContain(429)
  expect(statuses.slice(201).every((status) => status === 403)).toBe(true)
}, 60_000)
