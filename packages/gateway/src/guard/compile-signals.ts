import { parseDuration } from '../config/units.ts'
import type { Signal } from '../decide/guard.ts'
import type { Meter } from '../decide/meter.ts'
import type { NamedPlace } from './compile-rules.ts'
import type { Language } from './expression.ts'
import { refusePhase } from './phases.ts'
import type { GuardReport } from './report.ts'
import { EVERYWHERE } from './scope.ts'
import type { SignalEntry } from './schema.ts'

/** `signals:` of guard.yaml. */
export function compileSignals(
  written: Readonly<Record<string, SignalEntry>>,
  language: Language,
  report: GuardReport,
  names: NamedPlace[],
): readonly Signal[] {
  return Object.entries(written).flatMap(([name, entry]) => {
    const signal = compileSignal(name, entry, language, report, names)
    return signal === null ? [] : [signal]
  })
}

function compileSignal(name: string, entry: SignalEntry, language: Language, report: GuardReport, names: NamedPlace[]): Signal | null {
  const path = ['signals', name]
  const meter = meterOf(entry)
  if (meter === null) {
    report.at([...path, 'leaky', 'leak'], 'guard_signal', 'This is no rate.', 'Write how many leak in which time, as in 1/10s.')
    return null
  }
  if (entry.blackhole !== undefined && meter.kind !== 'leaky')
    report.at([...path, 'blackhole'], 'guard_signal', '`blackhole` belongs to `leaky`.', 'Delete it, or count with `leaky`.')
  if (entry.on === 'decision' && meter.kind !== 'decay' && meter.kind !== 'sum')
    report.at(
      [...path, 'on'],
      'guard_signal',
      'Points are added up, so a signal of decisions is a `decay` or a `sum`.',
      'Write decay: { half_life: 10m }.',
    )
  if (entry.on === 'decision' && entry.when !== undefined)
    report.at(
      [...path, 'when'],
      'guard_signal',
      'A signal of decisions has no condition: rules with `score` feed it.',
      'Put the condition into those rules.',
    )
  const when = entry.when === undefined ? null : readCondition(entry.when, [...path, 'when'])
  const [ofText, ofPath] = ofOf(entry)
  let of: Signal['of'] = null
  if (ofText !== undefined) {
    const compiled = language.value(ofText)
    if (compiled.kind === 'problem') report.inside([...path, ...ofPath], ofText, compiled.problem)
    else {
      refusePhase(compiled.value.reads, entry.on, [...path, ...ofPath], report)
      of = (subject) => compiled.value.of(subject)
    }
  }
  return { name, on: entry.on, when, scope: when === null ? EVERYWHERE : when.scope, key: entry.key, meter, of, maxKeys: entry.max_keys }

  function readCondition(text: string, at: readonly string[]) {
    const compiled = language.condition(text)
    if (compiled.kind === 'problem') {
      report.inside(at, text, compiled.problem)
      return null
    }
    refusePhase(compiled.value.reads, entry.on, at, report)
    names.push(...compiled.value.named.map((each) => ({ ...each, path: at, text })))
    if (compiled.value.reads.some((fact) => fact.startsWith('signal.')))
      report.at(at, 'guard_signal', 'A signal cannot look at signals: all are counted at once.', 'Put that condition into the rule.')
    return compiled.value
  }
}

function meterOf({ on, gcra, leaky, distinct, decay, sum, blackhole }: SignalEntry): Meter | null {
  if (gcra !== undefined) return { kind: 'gcra', max: gcra.max, perMs: gcra.per, burst: gcra.burst ?? Math.max(1, Math.floor(gcra.max)) }
  if (leaky !== undefined) {
    const [, many = '', time = ''] = /^(\d{1,6})\s*\/\s*(\d*\s*[a-z]+)$/.exec(leaky.leak.trim()) ?? []
    const ms = parseDuration(/^\d/.test(time) ? time : `1${time}`)
    if (ms === null || Number(many) === 0) return null
    return {
      kind: 'leaky',
      capacity: leaky.capacity,
      leakMs: ms / Number(many),
      distinct: leaky.distinct !== undefined,
      blackholeMs: blackhole ?? 0,
    }
  }
  if (distinct !== undefined) return { kind: 'distinct', max: distinct.max, perMs: distinct.per }
  if (decay !== undefined) return { kind: 'decay', halfLifeMs: decay.half_life, max: decay.max ?? null }
  // What a throttled visitor sends on top must not prolong his wait; what was spent was spent.
  return sum === undefined ? null : { kind: 'sum', perMs: sum.per, max: sum.max ?? null, admitted: on === 'request' }
}

function ofOf({ leaky, distinct, sum }: SignalEntry): readonly [string | undefined, readonly string[]] {
  if (leaky?.distinct !== undefined) return [leaky.distinct, ['leaky', 'distinct']]
  if (distinct !== undefined) return [distinct.of, ['distinct', 'of']]
  return [sum?.of, ['sum', 'of']]
}
