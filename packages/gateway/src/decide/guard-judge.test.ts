import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeHead } from '../../test/fixtures.ts'
import { DELIVERABLE, type GuardAction, TERMINAL } from './guard-action.ts'
import { bucketOf, fallbackOf, judgeGuard } from './guard-judge.ts'
import type { Condition, GuardState, Held, Reading, Rule, Subject } from './guard.ts'

const ARMED: GuardState = { armed: true, demoted: new Set() }
const block: GuardAction = { kind: 'block', status: 403 }
const decoy: GuardAction = {
  kind: 'decoy',
  profile: 'p',
  seed: 'actor',
  latency: 'none',
  watermark: true,
  signedIn: false,
  otherwise: { kind: 'block', status: 404 },
}
const throttle: GuardAction = { kind: 'throttle', retryAfterMs: null }
const subject: Subject = {
  phase: 'request',
  at: 0,
  head: makeHead(),
  route: { id: 'site', kind: 'site', api: null },
  visitor: null,
  answer: null,
  event: null,
}

function always(held: Held, reads: readonly string[] = []): Condition {
  return { text: String(held), reads, holds: () => held, trace: () => [{ text: 'x', value: String(held) }] }
}

function over(signal: string): Condition {
  return {
    text: `signal.${signal}.over`,
    reads: [`signal.${signal}`],
    holds: (_, read) => read(signal)?.over ?? false,
    trace: (_, read) => [{ text: `signal.${signal}.over`, value: String(read(signal)?.over) }],
  }
}

function rule(id: string, change: Partial<Rule> = {}): Rule {
  return {
    id,
    mode: { kind: 'enforce' },
    phase: 'request',
    when: always(true),
    scope: { routes: null, apis: null, methods: null },
    actions: [block],
    onUnknown: 'act',
    storeDown: 'refuse',
    owner: null,
    reviewBy: null,
    since: null,
    limits: { methods: null, neverIf: null, sessionShare: null },
    ...change,
  }
}

const reading = (change: Partial<Reading> = {}): Reading => ({
  over: false,
  count: 0,
  limit: 10,
  windowMs: 60_000,
  retryAfterMs: 0,
  ...change,
})
const nothing = { effective: () => null, shadow: () => null }
const judge = (rules: readonly Rule[], state = ARMED, worlds: Parameters<typeof judgeGuard>[2] = nothing) =>
  judgeGuard(rules, subject, worlds, state)

describe('the walk over the rules', () => {
  test('no rule held: nothing is to be done', () => {
    expect(judge([rule('a', { when: always(false) })])).toBeNull()
  })

  test('the first answer wins, and what goes on went on before', () => {
    const judged = judge([
      rule('note', {
        actions: [
          { kind: 'tag', tag: 'odd' },
          { kind: 'log', level: 'warn' },
        ],
      }),
      rule('first', { actions: [{ kind: 'notify', channel: 'ops' }, block] }),
      rule('second', { actions: [decoy] }),
    ])
    expect(judged?.effective).toMatchObject({ rule: 'first', answer: block })
    expect(judged?.effective.measures.map(({ action }) => action.kind)).toEqual(['tag', 'log', 'notify'])
    expect(judged?.evidence.map((seen) => seen.rule)).toEqual(['note', 'first'])
    expect(judged?.shadow).toBe(judged?.effective)
  })

  test('a rule skipped for the staff does nothing to them, and what is not skipped still does', () => {
    const staff = rule('staff', { actions: [{ kind: 'skip', kinds: ['decoy'] }] })
    expect(judge([staff, rule('d', { actions: [decoy] })])?.ended).toBe(false)
    expect(judge([staff, rule('b')])?.effective.answer).toEqual(block)
    expect(judge([rule('staff', { actions: [{ kind: 'skip', kinds: null }] }), rule('b')])?.ended).toBe(false)
  })

  test('what cannot be answered counts against the visitor unless the rule says otherwise', () => {
    expect(judge([rule('a', { when: always('unknown') })])?.evidence[0]?.held).toBe('unknown')
    expect(judge([rule('a', { when: always('unknown') })])?.ended).toBe(true)
    expect(judge([rule('a', { when: always('unknown'), onUnknown: 'skip' })])).toBeNull()
  })

  test('never_if protects when it surely holds, and a method that is not named is not touched', () => {
    const limits = { methods: null, neverIf: always(true), sessionShare: null }
    expect(judge([rule('a', { limits })])).toBeNull()
    expect(judge([rule('a', { limits: { ...limits, neverIf: always('unknown') } })])?.ended).toBe(true)
    expect(judge([rule('a', { limits: { ...limits, neverIf: null, methods: ['DELETE'] } })])).toBeNull()
  })

  test('what a request scored counts for the rules after it, not for the one that scores', () => {
    const worlds = { effective: () => reading({ count: 8 }), shadow: () => reading({ count: 8 }) }
    const scoring = rule('score', { when: over('suspicion'), actions: [{ kind: 'score', signal: 'suspicion', points: 4 }] })
    const always4 = rule('four', { actions: [{ kind: 'score', signal: 'suspicion', points: 4 }] })
    expect(judge([scoring], ARMED, worlds)).toBeNull()
    const judged = judge([always4, rule('end', { when: over('suspicion') })], ARMED, worlds)
    expect(judged?.effective.rule).toBe('end')
    expect(judged?.effective.scores.get('suspicion')).toBe(4)
  })

  test('a throttle says which signal it rests on and how long to wait', () => {
    const worlds = { effective: () => reading({ over: true, count: 21, retryAfterMs: 2100 }), shadow: () => null }
    expect(judge([rule('t', { when: over('calls'), actions: [throttle] })], ARMED, worlds)?.effective.over).toMatchObject({
      signal: 'calls',
      retryAfterMs: 2100,
    })
  })

  test('a canary takes always the same actors, about as many as it says', () => {
    const taken = Array.from({ length: 2000 }, (_, n) => bucketOf(`r visitor-${n}`)).filter((bucket) => bucket < 25).length
    expect(taken).toBeGreaterThan(400)
    expect(taken).toBeLessThan(600)
    const inForce = (percent: number) => judge([rule('r', { mode: { kind: 'canary', percent } })])?.ended
    expect([inForce(100), inForce(0)]).toEqual([true, false])
  })

  test('disarmed, or demoted, a rule does nothing and says what it would have done', () => {
    for (const state of [
      { armed: false, demoted: new Set<string>() },
      { armed: true, demoted: new Set(['a']) },
    ]) {
      const judged = judge([rule('a')], state)
      expect(judged?.ended).toBe(false)
      expect(judged?.shadow.answer).toEqual(block)
      expect(judged?.evidence[0]).toMatchObject({ did: [], would: ['block'] })
    }
  })

  test('an answer that may not be possible says what comes instead', () => {
    expect([fallbackOf(decoy), fallbackOf(block)]).toEqual([{ kind: 'block', status: 404 }, null])
  })
})

test('there is a way to refuse that needs no further machinery', () => {
  expect([...TERMINAL].filter((kind) => DELIVERABLE[kind])).toEqual(expect.arrayContaining(['block', 'throttle', 'revoke']))
})

const actions = fc.oneof(
  fc.constant<GuardAction>({ kind: 'tag', tag: 't' }),
  fc.constant<GuardAction>({ kind: 'score', signal: 's', points: 3 }),
  fc.constant<GuardAction>({ kind: 'skip', kinds: ['decoy', 'throttle'] }),
  fc.constant<GuardAction>(throttle),
  fc.constant<GuardAction>(decoy),
  fc.constant<GuardAction>(block),
  fc.constant<GuardAction>({ kind: 'revoke', what: 'session' }),
)
const someRules = fc
  .array(
    fc.record({
      when: fc.oneof(
        fc.constant(over('s')),
        fc.constantFrom<Held>(true, false, 'unknown').map((held) => always(held)),
      ),
      action: actions,
    }),
    {
      maxLength: 8,
    },
  )
  .map((all) => all.map(({ when, action }, at) => rule(`r${at}`, { when, actions: [action] })))

describe('RATE-05 shadow', () => {
  test('says of any rules what enforcing them would have done, and does nothing itself', () => {
    fc.assert(
      fc.property(someRules, fc.nat(20), (rules, count) => {
        const stored = () => reading({ count, over: count > 10 })
        const worlds = { effective: stored, shadow: stored }
        const enforced = judge(rules, ARMED, worlds)
        const shadowed = judge(
          rules.map((each) => ({ ...each, mode: { kind: 'shadow' as const } })),
          ARMED,
          worlds,
        )
        const plain = (outcome: typeof enforced extends infer J ? J : never, world: 'effective' | 'shadow') =>
          outcome === null ? null : [outcome[world].rule, outcome[world].answer, outcome[world].measures, [...outcome[world].scores]]
        expect(plain(shadowed, 'shadow')).toEqual(plain(enforced, 'effective'))
        expect(shadowed?.ended ?? false).toBe(false)
        expect(shadowed?.effective.measures ?? []).toEqual([])
        expect(shadowed?.evidence.flatMap(({ did }) => did) ?? []).toEqual([])
      }),
    )
  })

  test('one rule in shadow leaves the answer of all others as it is', () => {
    fc.assert(
      fc.property(someRules, fc.nat(8), fc.nat(20), (rules, at, count) => {
        const stored = () => reading({ count, over: count > 10 })
        const worlds = { effective: stored, shadow: stored }
        const mixed = rules.map((each, place) => (place === at ? { ...each, mode: { kind: 'shadow' as const } } : each))
        const without = judge(
          mixed.filter(({ mode }) => mode.kind === 'enforce'),
          ARMED,
          worlds,
        )
        const judged = judge(mixed, ARMED, worlds)
        expect(judged?.effective.answer ?? null).toEqual(without?.effective.answer ?? null)
        expect(judged?.effective.measures ?? []).toEqual(without?.effective.measures ?? [])
        // And the other world is the one with all of them in force.
        expect(judged?.shadow.answer ?? null).toEqual(judge(rules, ARMED, worlds)?.effective.answer ?? null)
      }),
    )
  })
})
