import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { recordOf } from '../conformance/decisions.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { cloakroom, type emptyFolder, installation } from './run.ts'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation('canary-4Zk8Qw2LmX90pR7s')
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (...args: readonly string[]) => cloakroom(['explain', ...args], { cwd: folder.path })

async function keep(change: Parameters<typeof recordOf>[0]): Promise<void> {
  const stores = openSqlite(join(folder.path, 'data'))
  await stores.decisions.append([recordOf(change)], { refused: 10, passed: 10 })
  await stores.close()
}

const RULE = {
  rule: 'r02-too-many',
  mode: 'enforce',
  held: true,
  did: ['throttle'],
  would: ['throttle'],
  trace: [{ text: 'signal.calls.over', value: 'true' }],
  signals: [{ signal: 'calls', over: true, count: 21, limit: 20, windowMs: 60_000, retryAfterMs: 2_100 }],
} as const
const SHADOW = {
  ...RULE,
  rule: 'r05-moved',
  mode: 'shadow',
  did: [],
  would: ['revoke'],
  trace: [{ text: 'session.ip_changed', value: 'true' }],
  signals: [],
} as const

test('a rule’s refusal is explained: rule, facts, counters, shadow outcomes, and what would let the visitor through', async () => {
  await keep({ code: 'throttled', status: 429, rules: [RULE, SHADOW] })
  const ran = await run('r-1')
  expect(ran.code).toBe(0)
  expect(ran.out).toBe(`r-1  2026-05-28 20:26:40Z  GET /api/shop/products  → throttled (r02-too-many, enforce), 429
  who     a stranger, from 198.51.100.7
  agent   Browser/1
  route   shop: GET /**
  step    route shop: GET /**
  when    r02-too-many: throttle
          signal.calls.over = true
          signal calls: 21 of 20 per 1m; next in 2.1 s
  shadow  r05-moved: would revoke
          session.ip_changed = true
  to pass wait 3s, raise signals.calls to at least 21, or put the visitor on a list that a \`skip\` rule before r02-too-many names
`)
  expect(JSON.parse((await run('r-1', '--json')).out)).toMatchObject({
    request: 'r-1',
    rule: 'r02-too-many',
    rules: [{ rule: 'r02-too-many' }, { rule: 'r05-moved' }],
  })
})

test('what a visitor sent cannot steer the terminal', async () => {
  await keep({ fields: [['user-agent', 'x\u001b[31mred\nline']] })
  expect((await run('r-1')).out).not.toContain('\u001b')
})

test('an id that nobody knows', async () => {
  expect(await run('nothing')).toMatchObject({ code: 1, err: expect.stringContaining('Nothing is known of a request with that id') })
})
