import { buildScene } from '../../src/build-scene.ts'
import type { Rule } from '../../src/rule.ts'
import { type Case, now } from './make.ts'

/** Runs one rule over one example: `as expected`, or a sentence that says what was missing or too much. */
export async function outcome(rule: Rule, one: Case): Promise<string> {
  const remarks = await rule.check(buildScene({ now, ...(await one.parts()) }))
  const told = remarks.map(({ pointer, reason, severity = rule.severity }) => `${severity} ${pointer}: ${reason}`).join(' | ')
  if (one.fires === undefined) return remarks.length === 0 ? 'as expected' : `should be silent, but: ${told}`
  const { pointer, reason = '', severity = rule.severity, times } = one.fires
  const matching = remarks.filter(
    (remark) =>
      remark.pointer === pointer &&
      (remark.severity ?? rule.severity) === severity &&
      (typeof reason === 'string' ? remark.reason.includes(reason) : reason.test(remark.reason)),
  )
  if (matching.length === 0) return `should find ${severity} ${pointer}: ${String(reason)}; found: ${told || 'nothing'}`
  return times === undefined || remarks.length === times ? 'as expected' : `should find ${times}, found ${remarks.length}: ${told}`
}
