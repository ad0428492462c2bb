import type { DecisionRecord, Who } from '../decide/decision-record.ts'
import type { RuleEvidence } from '../decide/guard-judge.ts'
import type { Policy } from '../decide/policy.ts'
import { formatDuration } from '../config/units.ts'
import { adviceOn, decidingRule } from './advice.ts'

/** One decision for a person at a terminal: what came of it, who asked, what it rested on, and what would let the visitor through. */
export function explain(record: DecisionRecord, policy: Policy): string {
  const rule = decidingRule(record)
  const outcome = record.code === null ? 'passed' : `${record.code} (${rule === null ? 'no rule' : `${rule.rule}, ${rule.mode}`})`
  const lines = [
    `${record.request}  ${moment(record.at)}  ${record.method} ${record.path}  → ${outcome}, ${record.status}`,
    line('who', `${whoText(record.who)}, from ${record.client}`),
    line('agent', record.fields.find(([name]) => name === 'user-agent')?.[1] ?? 'none sent'),
    line('route', record.route ?? 'none'),
    ...record.steps.map((step) => line('step', step)),
    ...record.rules
      .filter((each) => each.did.length > 0)
      .flatMap((each) => ruleLines(each, each === rule ? 'when' : 'also', each.did.join(', '))),
    ...record.rules
      .filter((each) => each.did.length === 0 && each.would.length > 0)
      .flatMap((each) => ruleLines(each, 'shadow', `would ${each.would.join(', ')}`)),
  ]
  const advice = record.verdict === 'passed' ? null : adviceOn(record, policy)
  if (advice !== null) lines.push(line('to pass', advice))
  else if (record.code !== null) lines.push(line('to pass', `see docs/reference/errors.md, ${record.code}`))
  return lines.join('\n')
}

function ruleLines({ rule, trace, signals, held }: RuleEvidence, name: string, what: string): readonly string[] {
  const unknown = held === 'unknown' ? ', though it could not be answered' : ''
  return [
    line(name, `${rule}: ${what}${unknown}`),
    ...trace.map(({ text, value }) => line('', `${text} = ${value}`)),
    ...signals.map((reading) => line('', `signal ${reading.signal}: ${readingText(reading)}`)),
  ]
}

function readingText({ count, limit, windowMs, retryAfterMs, over }: RuleEvidence['signals'][number]): string {
  const most = limit === null ? '' : ` of ${limit}`
  const per = windowMs === null ? '' : ` per ${formatDuration(windowMs)}`
  const wait = over && retryAfterMs > 0 ? `; next in ${(retryAfterMs / 1000).toFixed(1)} s` : ''
  return `${Math.round(count * 100) / 100}${most}${per}${wait}`
}

function whoText(who: Who): string {
  switch (who.kind) {
    case 'stranger':
      return 'a stranger'
    case 'visitor':
      return `visit ${who.visit}, since ${moment(who.startedAt)}`
    case 'machine':
      return `the program with key ${who.key}`
    case 'known':
      return `${who.account}, session ${who.session} since ${moment(who.since)} from ${who.address}`
  }
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(8)}${text}`
}

function moment(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}
