import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { compilePolicy } from '../../src/config/compile.ts'
import type { DecisionRecord } from '../../src/decide/decision-record.ts'
import { explain } from '../../src/explain/explain.ts'
import type { Called } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
let cookie = ''
async function open(config: NonNullable<Parameters<typeof startKit>[0]>['config'] = {}): Promise<void> {
  kit = await startKit({ config })
  cookie = await kit.signIn()
}
beforeEach(() => open())
afterEach(() => kit.close())

const idOf = (answer: Called) => (JSON.parse(answer.text) as { request: string }).request

async function recordOf(answer: Called): Promise<DecisionRecord> {
  return await vi.waitFor(async () => {
    const record = await kit.stores.decisions.find(idOf(answer))
    if (record === null) throw new Error('not kept yet')
    return record
  })
}

const explained = async (answer: Called) => explain(await recordOf(answer), compilePolicy(kit.running.config(), kit.running.port))

describe('every refusal can be explained by its id, with what would let the visitor through', () => {
  test('a path that no line allows', async () => {
    const text = await explained(await kit.call('POST', '/api/shop/refunds/7', { cookie, json: {} }))
    expect(text).toContain('POST /api/shop/refunds/7  → method_not_allowed (no rule), 405')
    expect(text).toContain('to pass the path is allowed with other methods; add to apis.shop.allow: - POST /refunds/7')
    expect(await explained(await kit.call('GET', '/elsewhere', { cookie }))).toContain('to pass no API lies at /elsewhere')
  })

  test('a session that is missing', async () => {
    const text = await explained(await kit.call('GET', '/api/shop/products'))
    expect(text).toContain('session_required (no rule), 401')
    expect(text).toContain('who     a stranger, from 127.0.0.1')
    expect(text).toContain('to pass the visitor signs in at /auth/login')
  })

  test('a page of another origin, with the line that would allow it', async () => {
    const headers = [
      ['sec-fetch-site', 'cross-site'],
      ['origin', 'https://partner.example'],
    ] as const
    expect(await explained(await kit.call('POST', '/api/shop/orders', { cookie, headers, json: {} }))).toContain(
      'to pass if https://partner.example is yours, add it to allowedOrigins',
    )
  })

  test('a ban, with the command that lifts it', async () => {
    const growth = { firstMs: 60_000, factor: 1, mostMs: 60_000 }
    const [account] = await kit.stores.accounts.list()
    const wish = {
      id: 'b-77',
      kind: 'account',
      value: account?.id ?? '',
      scope: null,
      at: kit.clock.now,
      growth,
      rule: null,
      reason: null,
    } as const
    await kit.stores.bans.add(wish)
    const text = await explained(await kit.call('GET', '/api/shop/products', { cookie }))
    expect(text).toContain('cloakroom ban lift b-77')
    expect(text).toMatch(/who {5}ada, session [A-Za-z0-9_-]{16} since .* from 127\.0\.0\.1/)
  })
})

test('what is kept opens nothing and tells nothing that was sent: no cookie, no query, no body', async () => {
  const answer = await kit.call('POST', '/api/shop/refunds?code=canary-query', {
    cookie: `${cookie}; a=canary-cookie`,
    json: { a: 'canary-body' },
    headers: [['authorization', 'Bearer canary-bearer']],
  })
  const kept = JSON.stringify(await recordOf(answer))
  for (const secret of ['canary-query', 'canary-cookie', 'canary-body', 'canary-bearer', cookie.split('=')[1] ?? 'x'])
    expect(kept).not.toContain(secret)
})

test('the visitor sees the id and the public text, and nothing of what it rests on', async () => {
  const answer = await kit.call('POST', '/api/shop/refunds', { cookie, json: {} })
  expect(Object.keys(JSON.parse(answer.text) as object).toSorted()).toEqual(['code', 'request', 'status', 'title', 'type'])
})

test('passed requests are kept only for the share that the owner chose', async () => {
  await kit.call('GET', '/api/shop/products', { cookie })
  await kit.call('GET', '/none', {})
  await vi.waitFor(async () => expect((await kit.stores.decisions.page('refused', 0, 0, 10)).records.length).toBeGreaterThan(0))
  expect((await kit.stores.decisions.page('passed', 0, 0, 10)).records).toEqual([])
  await kit.close()
  await open({ decisions: { replay: { actors: 100 } } })
  await kit.call('GET', '/api/shop/products?page=canary-query', { cookie, headers: [['user-agent', 'Browser/1']] })
  const passed = await vi.waitFor(async () => {
    const { records } = await kit.stores.decisions.page('passed', 0, 0, 10)
    const found = records.find(({ path }) => path === '/api/shop/products')
    if (found === undefined) throw new Error('not kept yet')
    return found
  })
  expect(passed).toMatchObject({ status: 200, code: null, who: { kind: 'known', account: 'ada' }, route: 'shop: GET /**' })
  expect(passed.fields).toContainEqual(['user-agent', 'Browser/1'])
  expect(JSON.stringify(passed)).not.toContain('canary-query')
})

test('a flood of strangers is kept up to a bound; what signed-in visitors are refused is kept all the same', async () => {
  for (let n = 0; n < 620; n += 20) await Promise.all(Array.from({ length: 20 }, () => kit.call('GET', '/api/shop/products')))
  const [account] = await kit.stores.accounts.list()
  const growth = { firstMs: 60_000, factor: 1, mostMs: 60_000 }
  const wish = {
    id: 'b-1',
    kind: 'account',
    value: account?.id ?? '',
    scope: null,
    at: kit.clock.now,
    growth,
    rule: null,
    reason: null,
  } as const
  await kit.stores.bans.add(wish)
  await recordOf(await kit.call('GET', '/api/shop/products', { cookie }))
  const { records } = await kit.stores.decisions.page('refused', 0, 0, 1000)
  expect(records.filter(({ who }) => who.kind === 'stranger').length).toBe(500)
})
