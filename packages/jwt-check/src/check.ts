import { type Finding, printable } from './finding.ts'
import { limits } from './limits.ts'
import type { Remark, Severity } from './rule.ts'
import { rules } from './rules/all.ts'
import type { Scene } from './scene.ts'

/** The outcome of one run over one scene. */
export type Report = {
  readonly findings: readonly Finding[]
  /** How many findings of each weight there are. */
  readonly counts: Readonly<Record<Severity, number>>
  /** Names of the profiles that the JWTs were held to, by label. */
  readonly profiles: Readonly<Record<string, string>>
  /** Findings beyond the limit, which are counted here and not listed. */
  readonly omitted: number
}

/** Choice of rules: by default all of them. */
export type Choice = { readonly only?: ReadonlySet<string>; readonly ignore?: ReadonlySet<string> }

const weight: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

/** Runs the rules over the scene. Errors come first, then by rule. Sends nothing anywhere; throws only for a bug. */
export async function checkScene(scene: Scene, choice: Choice = {}): Promise<Report> {
  const remarks: (readonly [string, Remark])[] = []
  for (const rule of rules) {
    if (choice.ignore?.has(rule.id) === true || choice.only?.has(rule.id) === false) continue
    for (const remark of await rule.check(scene)) remarks.push([rule.id, remark])
  }
  return reportOf(remarks, Object.fromEntries(scene.subjects.map(({ label, profile }) => [printable(label), printable(profile.name)])))
}

/** Sorts, counts and bounds remarks, and makes their texts safe to print. */
export function reportOf(remarks: readonly (readonly [string, Remark])[], profiles: Report['profiles']): Report {
  const found = remarks.flatMap(([id, { at, pointer, reason, severity }]): readonly Finding[] => {
    const rule = rules.find((rule) => rule.id === id)
    if (rule === undefined) return []
    return [
      {
        ruleId: rule.id,
        severity: severity ?? rule.severity,
        at: printable(at),
        pointer: printable(pointer, 120),
        reason: printable(reason),
        source: rule.source,
      },
    ]
  })
  found.sort((a, b) => weight[a.severity] - weight[b.severity] || a.ruleId.localeCompare(b.ruleId))
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { severity } of found) counts[severity]++
  return { findings: found.slice(0, limits.findings), counts, profiles, omitted: Math.max(0, found.length - limits.findings) }
}

/** True when the report holds a finding of this weight or a heavier one. */
export function reaches(report: Report, threshold: Severity): boolean {
  return report.findings.some(({ severity }) => weight[severity] <= weight[threshold])
}
