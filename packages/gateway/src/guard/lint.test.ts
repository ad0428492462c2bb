import { expect, test } from 'vitest'
import { lintGuard } from './lint.ts'
import { parseGuard } from './load.ts'

const TODAY = Date.UTC(2026, 10, 27)

function lint(text: string): readonly string[] {
  const loaded = parseGuard(`version: 1\n${text}`, 'guard.yaml')
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return lintGuard(loaded, 'guard.yaml', TODAY).map(({ code, line, text }) => `${code} ${line}: ${text}`)
}

const said = (text: string) => lint(text).join('\n')

test('a rule that is never reached is named, with the rule that hides it', () => {
  const text =
    'rules:\n  - { id: all, when: true, then: { block: 403 } }\n  - { id: late, mode: shadow, since: 2026-11-01, when: true, then: { block: 403 } }\n'
  expect(said(text)).toMatch(/guard_lint 4: `late` is never reached: `all` ends the walk/)
  expect(said(text.replace('when: true', 'when: route.id == "login"'))).not.toMatch(/never reached/)
})

test('a rule whose conditions exclude each other is named', () => {
  expect(said('rules:\n  - { id: a, when: \'route.id == "login" && route.id == "logout"\', then: { block: 403 } }\n')).toMatch(
    /`a` can never hold/,
  )
})

test.each([
  ['2026-10-01', /more than 30 days/],
  ['2026-11-20', /^$/],
])('a shadow since %s', (since, expected) => {
  expect(said(`rules:\n  - { id: a, mode: shadow, since: ${since}, when: request.ua == "x", then: { block: 403 } }\n`)).toMatch(expected)
})

test('a rule in force without a test, and one whose review is due', () => {
  const rule = 'rules:\n  - { id: a, owner: ops, review_by: 2026-11-01, when: request.ua == "x", then: { block: 403 } }\n'
  expect(lint(rule)).toHaveLength(2)
  const tests = 'tests:\n  - { name: n, request: { GET: / }, expect: { rule: a } }\n'
  expect(said(rule + tests)).toMatch(/should have been looked at by 2026-11-01 \(ops\)/)
})

test('keys without a bound, and signals that nobody reads', () => {
  const text = said('signals:\n  s: { on: request, key: ip.addr, max_keys: 5000000, gcra: { max: 1, per: 1s } }\n')
  for (const expected of [/counts by address/, /may hold 5000000 counters/, /No rule looks at `s`/]) expect(text).toMatch(expected)
})
