import { afterEach, describe, expect, test, vi } from 'vitest'
import { compilePolicy } from '../../src/config/compile.ts'
import type { DecisionRecord } from '../../src/decide/decision-record.ts'
import { parseGuard } from '../../src/guard/load.ts'
import { unrecordedIn } from '../../src/guard/recorded.ts'
import { createReplay } from '../../src/guard/replay.ts'
import { differenceOf, type Moment } from '../../src/guard/replay-difference.ts'
import { momentsOf } from '../../src/guard/replay-moments.ts'
import { decidingRule } from '../../src/explain/advice.ts'
import { endpointIdOf } from '../../src/http/endpoints.ts'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
let open: Kit | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

const from = (address: string) => [['x-forwarded-for', address]] as const

/** Counting, failing, banning: everything whose outcome hangs on what came before. */
const IN_FORCE = guardOf(
  `signals:
  calls: { on: request, when: route.api == "shop", key: actor, sum: { per: 60s, max: 5 } }
  misses: { on: response, when: response.status == 404 || response.status == 429, key: ip.net, leaky: { capacity: 2, leak: 1/60s, distinct: request.path } }
  fails: { on: event, when: event.type == "login.failed", key: ip.net, sum: { per: 1h, max: 2 } }`,
  { id: 'scanner', when: 'signal.misses.over', does: '{ ban: { key: ip.net, for: 10m } }' },
  { id: 'too-many', when: 'signal.calls.over', does: '{ throttle: auto }' },
  { id: 'guesser', when: 'route.id == "login" && signal.fails.over', does: '{ block: 403 }' },
)

/** Some minutes of a website: two who are signed in, a scanner, somebody who guesses passwords. */
async function live(): Promise<readonly DecisionRecord[]> {
  kit = open = await startKit({
    guard: IN_FORCE,
    config: { trustedProxies: ['127.0.0.1'], decisions: { replay: { actors: 100 } }, shop: { allow: ['GET /**'] } },
  })
  await kit.addAccount('bea')
  const [ada, bea] = [await kit.signIn(), await kit.signIn('bea')]
  for (let n = 0; n < 10; n += 1) {
    kit.clock.now += 1000
    await kit.call('GET', `/api/shop/products/${n}`, { cookie: ada, headers: from('203.0.113.5') })
    if (n < 4) await kit.call('GET', '/api/shop/orders', { cookie: bea, headers: from('203.0.113.6') })
    await kit.call('GET', `/old/${n}.php`, { headers: from('198.51.100.7') })
    await kit.call('POST', '/auth/login', { headers: from('198.51.100.8'), json: { account: 'ada', password: `guess ${n}` } })
  }
  const records = await vi.waitFor(async () => {
    const [refused, passed] = [await kit.stores.decisions.page('refused', 0, 0, 200), await kit.stores.decisions.page('passed', 0, 0, 200)]
    const all = [...refused.records, ...passed.records]
    if (all.length < 2 + 10 + 4 + 10 + 10) throw new Error(`only ${all.length}`)
    return all
  })
  await vi.waitFor(async () => expect(await kit.stores.audit.read({ limit: 100, kind: 'login.failed' })).toHaveLength(3))
  return records
}

const replayOf = (text: string) => {
  const loaded = parseGuard(text, 'guard.yaml')
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return createReplay(loaded.guard, compilePolicy(kit.running.config(), kit.running.port), endpointIdOf)
}

async function collect(): Promise<readonly Moment[]> {
  const moments: Moment[] = []
  for await (const moment of momentsOf(kit.stores, 0)) moments.push(moment)
  return moments
}

async function* given(moments: readonly Moment[]): AsyncGenerator<Moment> {
  yield* moments
}

describe('RATE-05 rules are tried on what was recorded', () => {
  test('the rules that were in force decide again what they decided', async () => {
    const records = await live()
    const replay = replayOf(IN_FORCE)
    const again = new Map<string, string | null>()
    for (const moment of await collect()) {
      if ('event' in moment) await replay.event(moment.event)
      else again.set(moment.record.request, (await replay.request(moment.record)).rule)
    }
    const decided = records.map(
      (record) => [record.request, record.code === 'banned' ? 'scanner' : (decidingRule(record)?.rule ?? null)] as const,
    )
    expect(new Set(decided.map(([, rule]) => rule))).toEqual(new Set(['too-many', 'scanner', 'guesser', null]))
    expect(again).toEqual(new Map(decided))
  })

  test('other rules: how many visitors would have been challenged, how many of them signed in, and who would no longer be refused', async () => {
    await live()
    const moments = await collect()
    const other = guardOf(
      '',
      { id: 'shop-asks', when: 'route.api == "shop"', does: '{ challenge: { pow: easy, else: { block: 403 } } }' },
      { id: 'watch', mode: 'shadow', when: 'route.id == "login"', does: '{ block: 403 }' },
    )
    const found = await differenceOf(given(moments), replayOf(IN_FORCE), replayOf(other))
    expect(found).toMatchObject({ visitors: 5, signedIn: 2 })
    expect(found.changes).toEqual([
      expect.objectContaining({ instead: 'would', action: 'challenge', rule: 'shop-asks', requests: 14, visitors: 2, signedIn: 2 }),
      expect.objectContaining({ instead: 'would no longer', action: 'block', rule: 'guesser', requests: 7, visitors: 1, signedIn: 0 }),
      expect.objectContaining({ instead: 'would no longer', action: 'banned', rule: 'scanner', requests: 6, visitors: 1 }),
      expect.objectContaining({ instead: 'would no longer', action: 'ban', rule: 'scanner', requests: 1, visitors: 1 }),
    ])
    expect(found.rules).toContainEqual({ rule: 'watch', mode: 'shadow', requests: 12, visitors: 2, signedIn: 0 })
    const same = await differenceOf(given(moments), replayOf(IN_FORCE), replayOf(IN_FORCE))
    expect(same.changes).toEqual([])
    // What the API would have said to a request that a rule refused, nobody knows: it feeds no signal.
    const unknown = guardOf('signals: { refused: { on: response, when: response.status == 429, key: ip.net, sum: { per: 1h, max: 1 } } }', {
      id: 'again',
      when: 'signal.refused.over',
      does: '{ block: 403 }',
    })
    expect((await differenceOf(given(moments), null, replayOf(unknown))).changes).toEqual([])
    // Nobody was told, and nobody is banned by a rehearsal.
    expect(await kit.stores.bans.list(kit.clock.now)).toHaveLength(1)
  })

  test('what no record holds is named', async () => {
    const loaded = parseGuard(
      guardOf('', {
        id: 'a',
        when: `'query("x") == "1" || request.presents_canary || response.ms > 5'`,
        phase: 'response',
        does: '{ log: warn }',
      }),
      'guard.yaml',
    )
    if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
    expect(unrecordedIn(loaded.guard)).toEqual(['query()', 'request.presents_canary', 'response.ms'])
  })
})
