import { afterEach, describe, expect, test, vi } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'
import { diceOf } from '../random.ts'

let open: Kit[] = []
afterEach(async () => {
  for (const kit of open) await kit.close()
  open = []
})

const COUNTERS: Readonly<Record<string, string>> = {
  gcra: 'gcra: { max: 6, per: 60s, burst: 3 }',
  leaky: 'leaky: { capacity: 3, leak: 1/10s }',
  'leaky over distinct paths': 'leaky: { capacity: 3, leak: 1/10s, distinct: request.path }',
  sum: 'sum: { per: 1m, max: 4 }',
}
const ACTIONS: Readonly<Record<string, string>> = {
  throttle: '{ throttle: auto }',
  block: '{ block: 403 }',
  challenge: '{ challenge: { pow: easy, else: { block: 403 } } }',
  ban: '{ ban: { key: session, for: 20s } }',
  'revoke session': '{ revoke: session }',
}
const CASES = Object.entries(COUNTERS).flatMap(([counter, counts]) =>
  Object.entries(ACTIONS).map(([action, does]) => ({ counter, counts, action, does })),
)

/** One visitor's calls: some in a burst, some after a pause, on few paths. */
const dice = diceOf(20_261_127)
const TRAFFIC = Array.from({ length: 30 }, () => ({ path: `/api/shop/p${dice.next(6)}`, pauseMs: dice.once(3) ? 15_000 : 1000 }))

/** The first call to which the rule does something, or, in shadow, would; -1 for none. */
async function firstHit(mode: 'enforce' | 'shadow', { counts, does }: (typeof CASES)[number]): Promise<number> {
  const signal = `signals:\n  calls: { on: request, when: route.api == "shop", key: session, ${counts} }`
  const kit = await startKit({ guard: guardOf(signal, { id: 'r', mode, when: 'signal.calls.over', does }) })
  open.push(kit)
  const cookie = await kit.signIn()
  const ids: string[] = []
  for (const { path, pauseMs } of TRAFFIC) {
    kit.clock.now += pauseMs
    const answer = await kit.call('GET', path, { cookie })
    if (mode === 'enforce' && answer.status !== 200) return ids.length
    // Whatever it would do, nobody notices.
    expect(answer.status).toBe(200)
    ids.push(answer.header('x-request-id') ?? '')
  }
  await kit.running.close(0)
  const { records } = await kit.stores.decisions.page('passed', 0, 0, 500)
  const would = new Set(records.filter(({ rules }) => rules.some((rule) => rule.would.length > 0)).map(({ request }) => request))
  return ids.findIndex((id) => would.has(id))
}

describe('RATE-05 what shadow says is what enforcing does', () => {
  test.each(CASES)('$counter, $action: the same call is the first', { timeout: 30_000 }, async (each) => {
    const enforced = await firstHit('enforce', each)
    expect(enforced).toBeGreaterThan(0)
    expect(await firstHit('shadow', each)).toBe(enforced)
  })
})

const VISITORS = 200

describe('RATE-05 a canary', () => {
  test('is in force for about as many visitors as it says, for each of them always; what it would do to the others is written down', async () => {
    const rule = { id: 'new', mode: 'canary(30%)', when: 'request.path.endsWith("/tried")', does: '{ block: 403 }' }
    const kit = await startKit({
      guard: guardOf('', rule),
      config: { trustedProxies: ['127.0.0.1'], shop: { access: 'public', allow: ['GET /**'] } },
    })
    open.push(kit)
    const hit: boolean[] = []
    for (let visitor = 0; visitor < VISITORS; visitor += 1) {
      const headers = [['x-forwarded-for', `198.51.${Math.trunc(visitor / 250)}.${visitor % 250}`]] as const
      const statuses = new Set<number>()
      for (let call = 0; call < 3; call += 1) statuses.add((await kit.call('GET', '/api/shop/tried', { headers })).status)
      // Never now and then: a visitor is in it or not.
      expect([...statuses]).toHaveLength(1)
      hit.push(statuses.has(403))
      expect((await kit.call('GET', '/api/shop/products', { headers })).status).toBe(200)
    }
    const share = hit.filter(Boolean).length / VISITORS
    expect(share).toBeGreaterThan(0.2)
    expect(share).toBeLessThan(0.4)
    await vi.waitFor(
      async () => {
        const { records } = await kit.stores.decisions.page('passed', 0, 0, 5000)
        const would = records.filter(({ rules }) =>
          rules.some(({ rule: name, would: what, did }) => name === 'new' && what.includes('block') && did.length === 0),
        )
        expect(would).toHaveLength(3 * hit.filter((each) => !each).length)
      },
      { timeout: 5000 },
    )
  })
})
