import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatProblem } from '../config/problem.ts'
import { defaultGuard, loadGuard, parseGuard } from './load.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-guard-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function problemsOf(text: string): readonly string[] {
  const loaded = parseGuard(text, 'guard.yaml')
  return loaded.kind === 'guard' ? [] : loaded.problems.map((problem) => formatProblem(problem, 'cloakroom.yaml'))
}

const rule = (when: string, rest = 'then: { block: 403 }'): string =>
  `version: 1\nsignals:\n  probe: { on: response, key: actor, leaky: { capacity: 10, leak: 1/10s } }\nrules:\n  - id: a\n    when: ${when}\n    ${rest}\n`

describe('a mistake in guard.yaml', () => {
  test('is shown with its line, its column, a mark under it and the name that was meant', () => {
    expect(problemsOf(rule('session.authenticated && signal.prob.over'))).toEqual([
      [
        'guard.yaml:6:43: No such key: prob. [guard_condition]',
        '    6 |     when: session.authenticated && signal.prob.over',
        '      |                                           ^^^^',
        '    Did you mean `signal.probe`? There is signal.probe.',
      ].join('\n'),
    ])
  })

  test('in quotes and in a block is shown where it stands', () => {
    expect(problemsOf(rule('"request.pat == \'/a\'"'))[0]).toMatch(/^guard\.yaml:6:20: /)
    expect(problemsOf(rule('|\n      request.path == "/a" &&\n      request.methode == "GET"'))[0]).toMatch(/^guard\.yaml:8:15: .*methode/)
  })

  test.each([
    ['a type that does not fit', rule('request.path == 3'), /no such overload: string == int/],
    ['a condition that is no condition', rule('request.path'), /This is a string, where a bool is needed/],
    ['a slip in the language', rule('request.path =='), /guard_condition/],
    ['an unknown name', rule('requst.path == "/"'), /Did you mean `request`\?/],
    ['an unknown fact', rule('request.body == "x"'), /There are request\.method/],
    ['a pattern that may take for ever', rule('request.path.matches("^(a+)+$")'), /Write `regex\(TEXT, "PATTERN"\)`/],
    ['a pattern that RE2 does not know', rule('regex(request.path, "(?=a)")'), /this is no RE2 pattern/],
    ['a pattern that is too long', rule(`regex(request.path, "${'a'.repeat(257)}")`), /at most 256 characters/],
    ['a pattern that a visitor would choose', rule('regex("a", request.path)'), /must be written out/],
    ['a range that is none', rule('ip.addr in cidr("10.0.0.0/40")'), /neither an address nor a range/],
    ['a list that is not there', rule('ip.addr in lists.staff'), /guard\.yaml has no lists yet/],
    ['an answer that is not known yet', rule('response.status == 404'), /\[guard_phase\]\n[^]*Write `phase: response`/],
    ['a country without a database', rule('ip.country == "CH"'), /Add `geo: \{ country: \.\/FILE\.mmdb \}`/],
    ['an action that does not exist', rule('true', 'then: { blok: 403 }'), /\[guard_action\]\n[^]*Did you mean `block`\?/],
    ['two answers', rule('true', 'then: { block: 403, throttle: auto }'), /one answer, not block and throttle/],
    ['a status that is no refusal', rule('true', 'then: { block: 200 }'), /403 \(refused\) or 404/],
    [
      'an answer after the answer',
      rule('response.status == 404', 'phase: response\n    then: { block: 403 }'),
      /too late in the response phase/,
    ],
    ['points for no signal', rule('true', 'then: { score: 4 }'), /Add a signal with `on: decision`/],
    [
      'a mode that does not exist',
      rule('true', 'mode: canary(200%)\n    then: { block: 403 }'),
      /Write off, shadow, canary\(25%\) or enforce/,
    ],
    ['an unknown key', rule('true', 'than: { block: 403 }\n    then: { block: 403 }'), /`than` is no key here|Did you mean/],
    ['a date that is none', rule('true', 'review_by: soon\n    then: { block: 403 }'), /\[guard_rule\]\n[^]*Write it as in 2027-01-15/],
    ['a version that is not ours', 'version: 2\n', /Write one of: 1/],
    [
      'an entry of a list',
      'version: 1\nlists:\n  staff: { cidr: [203.0.113.0/24, 203.0.113.300] }\n',
      /guard\.yaml:3:35: .*\[guard_list\]/,
    ],
    ['a list of two kinds', 'version: 1\nlists:\n  staff: { cidr: [], glob: [] }\n', /exactly one kind/],
    [
      'two ways of counting',
      'version: 1\nsignals:\n  s: { on: request, key: actor, gcra: { max: 1, per: 1s }, sum: { per: 1s } }\n',
      /exactly one way/,
    ],
    [
      'a signal on signals',
      'version: 1\nsignals:\n  s: { on: request, when: signal.s.over, key: actor, gcra: { max: 1, per: 1s } }\n',
      /cannot look at signals/,
    ],
    [
      'a rate that is none',
      'version: 1\nsignals:\n  s: { on: request, key: actor, leaky: { capacity: 1, leak: fast } }\n',
      /\[guard_signal\]\n[^]*as in 1\/10s/,
    ],
    ['no YAML', 'version: [', /yaml_syntax/],
  ])('%s is refused with the fix', (_what, text, said) => {
    expect(problemsOf(text).join('\n')).toMatch(said)
  })

  test('all of them are said at once', () => {
    const text = `${rule('request.path == 3')}  - id: a\n    when: nonsense\n    then: { blok: 1 }\n`
    expect(problemsOf(text)).toHaveLength(4)
  })

  test('in a file of a list is shown there', () => {
    writeFileSync(join(folder, 'bad.txt'), '203.0.113.0/24 # an office\n\nnonsense\n')
    const rule = 'rules:\n  - { id: bad, when: ip.addr in lists.bad, then: { block: 403 } }\n'
    writeFileSync(join(folder, 'guard.yaml'), `version: 1\nlists:\n  bad: { cidr: [], file: bad.txt }\n${rule}`)
    const loaded = loadGuard(join(folder, 'guard.yaml'))
    // One mistake is one problem: the list is there, however bad.
    expect(loaded.kind === 'problems' && loaded.problems).toMatchObject([
      { code: 'guard_list', line: 3, column: 1, file: join(folder, 'bad.txt'), excerpt: expect.stringContaining('nonsense') },
    ])
  })

  test('and a file that is not there says how to go on without one', () => {
    const loaded = loadGuard(join(folder, 'guard.yaml'))
    expect(loaded.kind === 'problems' && loaded.problems).toMatchObject([
      { code: 'file_unreadable', fix: expect.stringContaining('guard: off') },
    ])
  })
})

test('an action whose machinery is not there is refused, because the visitor would go on unhindered', async () => {
  const { DELIVERABLE } = await import('../decide/guard-action.ts')
  const lacking = Object.entries(DELIVERABLE).filter(([, there]) => !there)
  for (const [kind] of lacking)
    expect(problemsOf(rule('true', `then: { ${kind}: x }`)).join('\n')).toMatch(/cannot be delivered by this gateway/)
})

test('the rules that come with the gateway are sound, and stand after the owner’s own', () => {
  const own = defaultGuard()
  expect(own.rules.map(({ id }) => id)).toEqual(['default-login', 'default-probing', 'default-calls'])
  const loaded = parseGuard(rule('true'), 'guard.yaml')
  expect(loaded.kind === 'guard' && loaded.guard.rules.map(({ id }) => id)).toEqual(['a', ...own.rules.map(({ id }) => id)])
  expect(own.rules.find(({ id }) => id === 'default-login')?.scope).toEqual({ routes: ['login'], apis: null, methods: ['POST'] })
})
