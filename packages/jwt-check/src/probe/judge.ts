import { type Report, reportOf } from '../check.ts'
import type { Exchange } from '../scene.ts'
import { errorOracle } from '../rules/jwt-46-error-oracle.ts'
import type { Remark } from '../rule.ts'
import type { Trial } from './assault.ts'
import type { Target } from './target.ts'

const words: Readonly<Record<Exclude<Trial['verdict'], 'held' | 'unsendable'>, string>> = {
  accepted: 'The verifier accepted',
  obeyed: "The verifier visited the attacker's address for",
  slow: 'The verifier kept working, or fell silent, on',
  broken: 'The verifier failed with an internal error on',
}

/** Turns trials into a report: one finding for each forgery that was not simply refused, and the comparison of refusals (JWT-46). */
export function judge(trials: readonly Trial[], target: Target): Report {
  const remarks = trials.flatMap((trial): readonly (readonly [string, Remark])[] => {
    const { verdict, ruleId, label, severity, status, milliseconds, shown } = trial
    if (verdict === 'held' || verdict === 'unsendable') return []
    const answer = verdict === 'slow' ? `${milliseconds} ms` : status === 0 ? 'no answer' : String(status)
    return [
      [ruleId, { at: target.name, pointer: trial.attack, severity, reason: `${words[verdict]} ${label} (${answer}; sent ${shown}).` }],
    ]
  })
  return reportOf([...remarks, ...oracle(trials, target)], {})
}

function oracle(trials: readonly Trial[], target: Target): readonly (readonly [string, Remark])[] {
  const exchanges = trials
    .filter(({ verdict }) => verdict === 'held' || verdict === 'broken')
    .map(({ flaw, status, body, label }): Exchange => ({
      label: `${target.name}: ${label}`,
      scheme: target.scheme,
      proved: false,
      flaw: flaw === 'form' ? 'unknown' : flaw,
      status,
      body,
    }))
  const scene = { subjects: [], keySets: [], sightings: [], exchanges, now: 0, guessing: { tries: 0, milliseconds: 0, hints: [] } }
  const remarks = errorOracle.check(scene)
  return 'then' in remarks ? [] : remarks.map((remark) => [errorOracle.id, remark] as const)
}
