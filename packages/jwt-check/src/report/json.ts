import type { Report } from '../check.ts'
import { rules } from '../rules/all.ts'

/** The report as JSON, format 1: `findings` with rule, place, reason, source, and the rule's title, why and remedy. */
export function jsonReport(report: Report): string {
  const findings = report.findings.map((finding) => {
    const rule = rules.find(({ id }) => id === finding.ruleId)
    return { ...finding, title: rule?.title, why: rule?.why, remedy: rule?.remedy }
  })
  return `${JSON.stringify({ format: 1, counts: report.counts, profiles: report.profiles, omitted: report.omitted, findings }, null, 2)}\n`
}
