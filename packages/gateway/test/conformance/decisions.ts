import { expect, test } from 'vitest'
import type { DecisionRecord } from '../../src/decide/decision-record.ts'
import type { DecisionStore } from '../../src/store/verdict-stores.ts'
import { AT } from './sessions.ts'

export function recordOf(change: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    request: 'r-1',
    at: AT,
    verdict: 'refused',
    status: 403,
    code: 'blocked',
    method: 'GET',
    path: '/api/shop/products',
    scheme: 'https',
    client: '198.51.100.7',
    route: 'shop: GET /**',
    who: { kind: 'stranger' },
    fields: [['user-agent', 'Browser/1']],
    steps: ['route shop: GET /**'],
    rules: [],
    ...change,
  }
}

const MOST = { refused: 100, passed: 100 }

export function decisionsConform(store: () => DecisionStore): void {
  test('what was decided is found by the id that the visitor was told', async () => {
    await store().append([recordOf(), recordOf({ request: 'r-2', verdict: 'passed', code: null, status: 200 })], MOST)
    expect(await store().find('r-1')).toEqual(recordOf())
    expect(await store().find('r-2')).toMatchObject({ verdict: 'passed', status: 200 })
    expect(await store().find('r-3')).toBeNull()
  })

  test('of each verdict only the newest are kept: a flood fills nothing, and refusals do not push passages out', async () => {
    const many = (verdict: 'refused' | 'passed', count: number, from = 0) =>
      Array.from({ length: count }, (_, n) => recordOf({ request: `${verdict}-${n + from}`, verdict }))
    await store().append(many('passed', 3), { refused: 5, passed: 5 })
    await store().append(many('refused', 20), { refused: 5, passed: 5 })
    await store().append(many('refused', 2, 20), { refused: 5, passed: 5 })
    const refused = await store().page('refused', 0, 0, 100)
    expect(refused.records.map(({ request }) => request)).toEqual(['refused-17', 'refused-18', 'refused-19', 'refused-20', 'refused-21'])
    expect((await store().page('passed', 0, 0, 100)).records).toHaveLength(3)
  })

  test('of one account everything is forgotten, of others nothing', async () => {
    const who = { kind: 'known', session: 's', roles: [], since: AT, seenAt: AT, factors: [], address: '', agent: '', traits: '' } as const
    const of = (request: string, account: string, verdict: 'refused' | 'passed') => recordOf({ request, verdict, who: { ...who, account } })
    await store().append(
      [of('r-1', 'ada', 'refused'), of('r-2', 'ada', 'passed'), of('r-3', 'adam', 'passed'), recordOf({ request: 'r-4' })],
      MOST,
    )
    expect(await store().forget('ada')).toBe(2)
    expect([await store().find('r-1'), await store().find('r-2')]).toEqual([null, null])
    expect([(await store().find('r-3'))?.request, (await store().find('r-4'))?.request]).toEqual(['r-3', 'r-4'])
  })

  test('pages come in order, each record once', async () => {
    await store().append(
      Array.from({ length: 7 }, (_, n) => recordOf({ request: `r-${n}`, at: AT + n })),
      MOST,
    )
    const seen: string[] = []
    for (let after = 0, rounds = 0; rounds < 10; rounds++) {
      const { records, last } = await store().page('refused', AT + 2, after, 2)
      seen.push(...records.map(({ request }) => request))
      if (last === null) break
      after = last
    }
    expect(seen).toEqual(['r-2', 'r-3', 'r-4', 'r-5', 'r-6'])
  })

  test('a sweep forgets by time, for each verdict its own', async () => {
    await store().append(
      [recordOf({ at: AT }), recordOf({ request: 'r-2', at: AT + 10 }), recordOf({ request: 'r-3', verdict: 'passed', at: AT })],
      MOST,
    )
    expect(await store().sweep({ refused: AT + 10, passed: AT })).toBe(1)
    expect(await store().find('r-1')).toBeNull()
    expect(await store().find('r-3')).not.toBeNull()
    expect(await store().sweep({ refused: AT + 10, passed: AT + 1 })).toBe(1)
  })
}
