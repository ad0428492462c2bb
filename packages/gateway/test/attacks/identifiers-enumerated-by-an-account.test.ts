import { afterEach, expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'

/* Somebody who is signed in counts through identifiers of other people's things: most are not there, or not for him. */

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

const GUARD = guardOf(
  `signals:
  misses: { on: response, when: "route.api == 'shop' && response.status in [403, 404]", key: account, leaky: { capacity: 10, leak: 1/10s, distinct: request.path }, blackhole: 5m }`,
  { id: 'enumeration', when: 'signal.misses.over', does: '{ revoke: session, log: critical }' },
)
/** Every tenth order is there. */
const script = (request: { readonly target: string }) => ({ status: Number(/\d+$/.exec(request.target)?.[0] ?? 0) % 10 === 0 ? 200 : 404 })

test('RATE-04 an account that counts through identifiers loses its session, also when it changes its address; a page that polls what is gone does not', async () => {
  kit = await startKit({ guard: GUARD, upstream: { script }, config: { trustedProxies: ['127.0.0.1'], shop: { allow: ['GET /**'] } } })
  const { call, signIn, addAccount } = kit
  await addAccount('bea')
  const [ada, bea] = [await signIn(), await signIn('bea')]
  const get = (cookie: string, n: number, from: number) =>
    call('GET', `/api/shop/orders/${n}`, { cookie, headers: [['x-forwarded-for', `198.51.100.${from}`]] })
  const statuses: number[] = []
  for (let n = 1; n < 40; n += 1) {
    statuses.push((await get(ada, n, n)).status)
    expect((await get(bea, 1 + (n % 5), 7)).status).toBe(404)
  }
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1)
  expect(statuses.indexOf(401)).toBeLessThanOrEqual(13)
  expect(statuses.at(-1)).toBe(401)
  await kit.running.close(0)
  expect(kit.auditLines()).toContainEqual(
    expect.objectContaining({ kind: 'guard.noted', rule: 'enumeration', detail: expect.objectContaining({ level: 'critical' }) }),
  )
}, 60_000)
