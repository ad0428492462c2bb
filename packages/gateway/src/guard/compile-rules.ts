import type { Condition, Rule } from '../decide/guard.ts'
import type { KeyPath } from '../config/problem.ts'
import { readActions } from './actions.ts'
import type { Language, NamedRoute, ScopedCondition } from './expression.ts'
import { refusePhase } from './phases.ts'
import type { GuardReport } from './report.ts'
import type { GuardFile, RuleEntry } from './schema.ts'
import { EVERYWHERE } from './scope.ts'

/** A name of a route or an API, where it stands. */
export interface NamedPlace extends NamedRoute {
  readonly path: KeyPath
  /** The condition. */
  readonly text: string
}

/** `rules:` of guard.yaml. */
export function compileRules(
  written: GuardFile,
  /** Decoys that have no place for a canary. */
  unmarked: ReadonlySet<string>,
  language: Language,
  report: GuardReport,
  names: NamedPlace[],
): readonly Rule[] {
  const seen = new Set<string>()
  const scored = Object.entries(written.signals).flatMap(([name, { on }]) => (on === 'decision' ? [name] : []))
  const decoys = Object.keys(written.decoys)
  return written.rules.map((entry, at) => {
    const path = ['rules', at]
    if (seen.has(entry.id))
      report.at([...path, 'id'], 'guard_rule', 'Another rule has this id.', 'Give each rule an id of its own: evidence and audit name it.')
    seen.add(entry.id)
    const condition = (text: string, place: KeyPath): ScopedCondition => readCondition(text, place)
    const when = condition(entry.when, [...path, 'when'])
    const neverIf: Condition | null =
      entry.limits.never_if === undefined ? null : condition(entry.limits.never_if, [...path, 'limits', 'never_if'])
    const read = readActions(entry.then, { phase: entry.phase, scored, decoys, unmarked })
    for (const { path: below, text, fix } of read.problems) report.at([...path, 'then', ...below], 'guard_action', text, fix)
    return {
      id: entry.id,
      mode: entry.mode,
      phase: entry.phase,
      when,
      scope: when.scope,
      actions: read.actions,
      onUnknown: entry.on_unknown,
      storeDown: entry.store_down,
      owner: entry.owner ?? null,
      reviewBy: dateOf(entry.review_by, [...path, 'review_by']),
      since: dateOf(entry.since, [...path, 'since']),
      limits: { methods: entry.limits.methods ?? null, neverIf, sessionShare: entry.limits.session_share ?? null },
    }

    function readCondition(text: string, place: KeyPath): ScopedCondition {
      const compiled = language.condition(text)
      if (compiled.kind === 'problem') {
        report.inside(place, text, compiled.problem)
        return NEVER
      }
      refusePhase(compiled.value.reads, entry.phase, place, report)
      refuseGeo(compiled.value.reads, written, place)
      names.push(...compiled.value.named.map((each) => ({ ...each, path: place, text })))
      return compiled.value
    }
  })

  function refuseGeo(reads: readonly string[], { geo }: GuardFile, place: KeyPath): void {
    for (const [fact, key] of [
      ['ip.country', 'country'],
      ['ip.asn', 'asn'],
    ] as const) {
      if (reads.includes(fact) && geo[key] === undefined)
        report.at(place, 'guard_geo', `\`${fact}\` needs a database.`, `Add \`geo: { ${key}: ./FILE.mmdb }\`; the gateway brings none.`)
    }
  }

  function dateOf(value: RuleEntry['since'], place: KeyPath): string | null {
    if (value === undefined) return null
    const text = value instanceof Date ? value.toISOString() : value
    const date = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0]
    if (date !== undefined && !Number.isNaN(Date.parse(date))) return date
    report.at(place, 'guard_rule', 'This is no date.', 'Write it as in 2027-01-15.')
    return null
  }
}

/** In the place of a condition that was refused; such a guard is never in force. */
const NEVER: ScopedCondition = { text: '', scope: EVERYWHERE, named: [], reads: [], holds: () => false, trace: () => [] }
