import type { Report } from '../check.ts'
import type { Finding } from '../finding.ts'
import type { Severity } from '../rule.ts'
import { rules } from '../rules/all.ts'

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }

// Code hosts sort by this number: 7 and more counts as high, 4 and more as medium (their convention, not part of SARIF).
const weights: Readonly<Record<Severity, string>> = { error: '8.0', warning: '5.0', info: '2.0' }

/** The report as SARIF 2.1.0 (OASIS), for code scanning in CI: one run, every rule described, one result per finding. */
export function sarifReport(report: Report, version: string): string {
  const driver = {
    name: 'jwt-check',
    version,
    rules: rules.map(({ id, title, severity, source, why, remedy }) => ({
      id,
      name: title,
      shortDescription: { text: title },
      fullDescription: { text: `${why} (${source})` },
      help: { text: remedy },
      defaultConfiguration: { level: levels[severity] },
      properties: { 'security-severity': weights[severity], tags: ['security', 'jwt'] },
    })),
  }
  const run = { tool: { driver }, results: report.findings.map(result) }
  return `${JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }, null, 2)}\n`
}

function result(finding: Finding): object {
  const { ruleId, severity, at, pointer, reason } = finding
  const [uri = at, line] = /^(.*?):(\d+)$/.exec(at)?.slice(1) ?? [at]
  const region = line === undefined ? {} : { region: { startLine: Number(line) } }
  return {
    ruleId,
    ruleIndex: rules.findIndex(({ id }) => id === ruleId),
    level: levels[severity],
    message: { text: pointer === '' ? reason : `${pointer}: ${reason}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: encodeURI(uri.replaceAll('\\', '/')) }, ...region },
        ...(pointer === '' ? {} : { logicalLocations: [{ fullyQualifiedName: pointer }] }),
      },
    ],
  }
}
