import type { ConfigProblem, KeyPath } from '../config/problem.ts'
import { formatKey } from '../config/problem.ts'
import { TERMINAL } from '../decide/guard-action.ts'
import { signalsIn } from '../decide/guard-plan.ts'
import type { Guard, Rule, Scope, Signal } from '../decide/guard.ts'
import type { Instant } from '../decide/head.ts'
import type { LoadedGuard } from './load.ts'
import type { TestEntry } from './schema.ts'

/** A rule may wait that long in shadow before somebody should decide. */
const SHADOW_DAYS = 30
const DAY_MS = 86_400_000

/** What a guard.yaml should not leave as it is, though it works. */
export function lintGuard(loaded: LoadedGuard, file: string, today: Instant): readonly ConfigProblem[] {
  const { own, tests } = loaded
  const problems: ConfigProblem[] = []
  const warn = (path: KeyPath, text: string, fix: string): void => {
    const spot = loaded.locate(path, 'value')
    problems.push({
      code: 'guard_lint',
      severity: 'warning',
      key: formatKey(path),
      line: spot?.line ?? null,
      column: spot?.column ?? null,
      text,
      fix,
      file,
    })
  }
  for (const [at, rule] of own.rules.entries()) lintRule(rule, at, own, tests, today, warn)
  for (const signal of own.signals) lintSignal(signal, own, warn)
  return problems
}

type Warn = (path: KeyPath, text: string, fix: string) => void

function lintRule(rule: Rule, at: number, { rules }: Guard, tests: readonly TestEntry[], today: Instant, warn: Warn): void {
  const path = ['rules', at]
  const before = rules.slice(0, at).find((other) => hides(other, rule))
  if (before !== undefined)
    warn(
      [...path, 'id'],
      `\`${rule.id}\` is never reached: \`${before.id}\` ends the walk before it, whatever the request.`,
      'Put it before that rule, or give that rule a condition.',
    )
  if (isNowhere(rule.scope))
    warn(
      [...path, 'when'],
      `\`${rule.id}\` can never hold: its conditions on route and method exclude each other.`,
      'Correct the condition.',
    )
  if (rule.mode.kind === 'shadow') {
    if (rule.since === null)
      warn([...path, 'mode'], `\`${rule.id}\` is in shadow, and nobody knows since when.`, 'Add `since: YYYY-MM-DD`.')
    else if (today - Date.parse(rule.since) > SHADOW_DAYS * DAY_MS)
      warn([...path, 'mode'], `\`${rule.id}\` has been in shadow for more than ${SHADOW_DAYS} days.`, 'Enforce it, or delete it.')
  }
  if (rule.reviewBy !== null && today > Date.parse(rule.reviewBy) + DAY_MS)
    warn(
      [...path, 'review_by'],
      `\`${rule.id}\` should have been looked at by ${rule.reviewBy}${rule.owner === null ? '' : ` (${rule.owner})`}.`,
      'Look at it, and set the next date.',
    )
  if (
    (rule.mode.kind === 'enforce' || rule.mode.kind === 'canary') &&
    rule.actions.some(({ kind }) => TERMINAL.has(kind)) &&
    !isTested(rule.id, tests)
  )
    warn(
      [...path, 'id'],
      `\`${rule.id}\` is in force and no test shows what it does.`,
      `Add a test with \`expect: { rule: ${rule.id} }\`, and one that expects \`allow\`.`,
    )
}

function lintSignal({ name, key, maxKeys }: Signal, { rules }: Guard, warn: Warn): void {
  if (key.includes('ip.addr'))
    warn(
      ['signals', name, 'key'],
      `\`${name}\` counts by address: one customer has 2^64 of IPv6, each with a counter of its own.`,
      'Write ip.net, which counts a /64 as one.',
    )
  if (maxKeys > 1_000_000)
    warn(
      ['signals', name, 'max_keys'],
      `\`${name}\` may hold ${maxKeys} counters, of about 300 bytes each.`,
      'Bound it more tightly, or count by a wider key.',
    )
  const isUsed = rules.some(({ when, limits, actions }) => {
    const read = [when, limits.neverIf].some((condition) => condition !== null && signalsIn(condition).includes(name))
    return read || actions.some((action) => action.kind === 'score' && action.signal === name)
  })
  if (!isUsed) warn(['signals', name], `No rule looks at \`${name}\`, so it is not counted.`, 'Use it in a condition, or delete it.')
}

/** Does `other` end the walk for every request that could reach `rule`? */
function hides(other: Rule, rule: Rule): boolean {
  return (
    other.mode.kind === 'enforce' &&
    other.phase === rule.phase &&
    other.when.text.trim() === 'true' &&
    other.limits.neverIf === null &&
    other.limits.methods === null &&
    other.actions.some(({ kind }) => TERMINAL.has(kind))
  )
}

function isNowhere({ routes, apis, methods }: Scope): boolean {
  return [routes, apis, methods].some((names) => names?.length === 0)
}

function isTested(id: string, tests: readonly TestEntry[]): boolean {
  return tests.some(({ expect, repeat, then }) =>
    [expect, repeat?.expect, then?.expect].some((each) => typeof each === 'object' && each.rule === id),
  )
}
