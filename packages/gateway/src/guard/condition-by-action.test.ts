import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeHead } from '../../test/fixtures.ts'
import { DELIVERABLE, type GuardActionKind } from '../decide/guard-action.ts'
import { askSignals, readSignals } from '../decide/guard-hits.ts'
import { judgeGuard } from '../decide/guard-judge.ts'
import { eventStage, planFor } from '../decide/guard-plan.ts'
import { replyOf } from '../decide/guard-reply.ts'
import type { Guard, GuardState, Subject } from '../decide/guard.ts'
import type { Session } from '../decide/session.ts'
import { memoryCounters } from '../store/memory/counters.ts'
import { parseGuard } from './load.ts'

const ARMED: GuardState = { armed: true, demoted: new Set() }
const AT = Date.UTC(2026, 10, 27)
const HEAD = `version: 1
defaults: false
lists:
  denied: { cidr: [203.0.113.0/24, "2001:db8::/32"] }
decoys:
  catalogue: { sample: ${join(import.meta.dirname, '../../test/samples/catalogue.json')} }
signals:
  calls: { on: request, key: ip.net, sum: { per: 60s, max: 3 } }
  suspicion: { on: decision, key: actor, decay: { half_life: 10m } }
rules:
`
const session: Session = {
  id: 's',
  account: 'a',
  name: 'ada',
  generation: 0,
  factors: [{ kind: 'password', at: AT - 600_000 }],
  createdAt: AT - 600_000,
  authenticatedAt: AT - 600_000,
  seenAt: AT,
  address: '198.51.100.7',
  agent: '',
  traits: '',
  revoked: null,
}
const known: Subject['visitor'] = { kind: 'known', session, roles: [], touch: false }

interface Case {
  readonly when: string
  readonly phase?: 'response' | 'event'
  readonly hits: Partial<Subject> & { readonly client?: string; readonly path?: string; readonly times?: number }
  readonly misses: Partial<Subject> & { readonly client?: string; readonly path?: string; readonly times?: number }
}

const answered = (status: number, code: string | null = null) => ({ status, bytes: 0, ms: 1, code })
const event = (type: string) => ({ type, at: AT, request: 'r', address: '198.51.100.7', account: 'ada', reason: null })

/** Every kind of condition, with a subject that it holds for and one that it does not. */
const CONDITIONS: Readonly<Record<string, Case>> = {
  'more than 3 within a minute': { when: 'signal.calls.over', hits: { times: 4 }, misses: { times: 3 } },
  'an address on a list': { when: 'ip.addr in lists.denied', hits: { client: '203.0.113.9' }, misses: { client: '203.0.114.9' } },
  'an IPv6 range': { when: 'ip.addr in cidr("2001:db8::/32")', hits: { client: '2001:db8:1::1' }, misses: { client: '2001:db9::1' } },
  'another network than at sign-in': { when: 'session.ip_changed', hits: { client: '192.0.2.1' }, misses: { client: '198.51.100.7' } },
  'a path of a scanner': { when: 'request.path in glob("/.env*")', hits: { path: '/.env' }, misses: { path: '/env' } },
  'an old session': {
    when: 'session.age > duration("5m")',
    hits: {},
    misses: { visitor: { kind: 'stranger', stale: null, expired: null } },
  },
  'no second factor': {
    when: 'session.fresh_mfa_age > duration("5m")',
    hits: {},
    misses: { visitor: { kind: 'known', session: { ...session, factors: [{ kind: 'totp', at: AT - 60_000 }] }, roles: [], touch: false } },
  },
  'a status': { when: 'response.status == 404', phase: 'response', hits: { answer: answered(404) }, misses: { answer: answered(200) } },
  'a call from another site': {
    when: 'response.code == "cross_site"',
    phase: 'response',
    hits: { answer: answered(403, 'cross_site') },
    misses: { answer: answered(403, 'role_required') },
  },
  'an action token used twice': {
    when: 'event.type == "action_token.reused"',
    phase: 'event',
    hits: { event: event('action_token.reused') },
    misses: { event: event('login.succeeded') },
  },
}

/** Every action, as it is written. */
const ACTIONS: Readonly<Record<GuardActionKind, string>> = {
  skip: 'skip: [delay]',
  score: 'score: +4',
  tag: 'tag: odd',
  log: 'log: warn',
  throttle: 'throttle: { retry_after: 30s }',
  delay: 'delay: 1s',
  challenge: 'challenge: { pow: medium, else: { block: 403 } }',
  step_up: 'step_up: { max_age: 1m, else: { block: 403 } }',
  decoy: 'decoy: { profile: catalogue, signed_in: true, else: { block: 404 } }',
  tarpit: 'tarpit: { for: 10s, else: { block: 403 } }',
  block: 'block: 403',
  ban: 'ban: { key: ip.net, for: 10m }',
  revoke: 'revoke: session',
  disable_credential: 'disable_credential: { name: shop-key, by_strangers: true, else: { block: 403 } }',
  notify: 'notify: ops',
}
/** What can still be done when the answer is there, or when there never was a request. */
const LATE: ReadonlySet<string> = new Set(['score', 'tag', 'log', 'ban', 'revoke', 'disable_credential', 'notify'])

function guardOf(when: string, phase: string, mode: string, action: string): Guard {
  const loaded = parseGuard(
    `${HEAD}  - id: r\n    mode: ${mode}\n    since: 2026-11-01\n    phase: ${phase}\n    when: '${when}'\n    then: { ${action} }\n`,
    'guard.yaml',
  )
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.guard
}

function judged(guard: Guard, phase: 'request' | 'response' | 'event', change: Case['hits']) {
  const { client = '198.51.100.7', path = '/api/shop/products', times = 1, ...rest } = change
  const plan = planFor(guard, 'shop: GET /**', 'api', 'shop', 'GET')
  const stage = phase === 'event' ? eventStage(guard) : plan?.[phase]
  const subject: Subject = {
    phase,
    at: AT,
    head: phase === 'event' ? null : makeHead({ client, path, at: AT }),
    route: { id: 'shop: GET /**', kind: 'api', api: 'shop' },
    visitor: phase === 'event' ? null : known,
    answer: null,
    event: null,
    ...rest,
  }
  // A guard of which nothing applies costs the request nothing.
  if (stage === undefined) return { result: null, subject }
  const counters = memoryCounters(100)
  let result: ReturnType<typeof judgeGuard> = null
  for (let n = 0; n < times; n += 1) {
    const asked = askSignals(stage, subject, phase)
    const counts = counters.add(asked.hits, AT)
    if (counts instanceof Promise) throw new Error('memory answers at once')
    result = judgeGuard(stage.rules, subject, readSignals(stage, asked, counts, 0), ARMED)
  }
  return { result, subject }
}

const CELLS = Object.entries(CONDITIONS).flatMap(([name, cell]) =>
  (Object.entries(ACTIONS) as readonly (readonly [GuardActionKind, string])[])
    .filter(([kind]) => DELIVERABLE[kind] && (cell.phase === undefined || LATE.has(kind)))
    .map(([kind, action]) => [`${name} × ${kind}`, cell, kind, action] as const),
)

describe('RATE-04 every condition with every action', () => {
  test.each(CELLS)('%s', (_name, { when, phase: late, hits, misses }, kind, action) => {
    const phase: 'request' | 'response' | 'event' = late ?? 'request'
    const enforced = judged(guardOf(when, phase, 'enforce', action), phase, hits)
    expect(enforced.result?.evidence).toMatchObject([{ rule: 'r', held: true, did: [kind] }])
    expect(judged(guardOf(when, phase, 'enforce', action), phase, misses).result).toBeNull()
    expect(judged(guardOf(when, phase, 'off', action), phase, hits).result).toBeNull()
    // RATE-05: in shadow it says the same, and does nothing.
    const shadowed = judged(guardOf(when, phase, 'shadow', action), phase, hits)
    expect(shadowed.result?.evidence).toMatchObject([{ did: [], would: [kind] }])
    expect(shadowed.result?.ended).toBe(false)
    expect(shadowed.result?.effective).toMatchObject({ rule: null, answer: null, measures: [] })
    const { rule, answer, measures, scores } = enforced.result?.effective ?? {}
    expect(shadowed.result?.shadow).toMatchObject({ rule, answer, measures, scores })
    if (enforced.result?.ended === true)
      expect(replyOf(enforced.result.effective, enforced.subject).kind).toMatch(/^(?:problem|step-up|challenge|decoy|tarpit)/)
  })

  test('there are more than fifty of them', () => {
    expect(CELLS.length).toBeGreaterThan(50)
  })
})
