import type { KeyPath } from '../config/problem.ts'
import type { Signal } from '../decide/guard.ts'
import type { GuardReport } from './report.ts'

/** What cannot be known when: a rule that looks there would be unknown for ever, and act on everybody. */
const NOT_THERE: Readonly<Record<Signal['on'], RegExp>> = {
  request: /^(?:response|event)\./,
  decision: /^(?:response|event)\./,
  response: /^event\./,
  event: /^(?:response|request|route|session|visit)\.|^(?:header|query)\(\)$/,
}

export function refusePhase(reads: readonly string[], phase: Signal['on'], path: KeyPath, report: GuardReport): void {
  const strange = reads.find((fact) => NOT_THERE[phase].test(fact))
  if (strange === undefined) return
  const fix =
    phase === 'event'
      ? 'Events have ip.*, account.* and event.* only.'
      : strange.startsWith('response')
        ? 'Write `phase: response` (of a rule) or `on: response` (of a signal).'
        : 'Write `phase: event` (of a rule) or `on: event` (of a signal).'
  report.at(path, 'guard_phase', `\`${strange}\` is not known here: this looks at ${phase === 'decision' ? 'request' : phase}s.`, fix)
}
