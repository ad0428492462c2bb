import type { Collection, ExhibitKind } from './exhibit.ts'
import type { Finding, Sought } from './search.ts'

export interface Report {
  readonly target: string
  readonly at: string
  readonly how: Collection['how']
  /** Exhibits and bytes by kind. */
  readonly read: readonly { readonly kind: ExhibitKind; readonly count: number; readonly bytes: number }[]
  readonly unread: Collection['unread']
  readonly notes: readonly string[]
  /** The versions of the vault's credentials that were searched for, and in how many spellings each. */
  readonly sought: readonly (Omit<Sought, 'needles'> & { readonly spellings: number })[]
  readonly findings: readonly Finding[]
}

export function makeReport(collection: Collection, sought: readonly Sought[], findings: readonly Finding[], at: string): Report {
  const kinds = new Map<ExhibitKind, { count: number; bytes: number }>()
  for (const { kind, bytes } of collection.exhibits) {
    const sum = kinds.get(kind) ?? { count: 0, bytes: 0 }
    kinds.set(kind, { count: sum.count + 1, bytes: sum.bytes + bytes.length })
  }
  return {
    target: collection.target,
    at,
    how: collection.how,
    read: [...kinds].map(([kind, sum]) => ({ kind, ...sum })),
    unread: collection.unread,
    notes: collection.notes,
    sought: sought.map(({ name, version, state, needles }) => ({ name, version, state, spellings: needles.length })),
    findings: findings.toSorted((one, other) => rank(one) - rank(other)),
  }
}

/** Does the report hold something that must be acted on? Notes do not count. */
export function hasFindings(report: Report): boolean {
  return report.findings.some(({ severity }) => severity === 'finding')
}

/** The report for people: what was read, what was found, where, and what was not looked at. */
export function printReport(report: Report): string {
  const lines = [`Scan of ${report.target}`, `${report.at}, ${WAYS[report.how]}`, '', 'Read']
  for (const { kind, count, bytes } of report.read) lines.push(`  ${String(count).padStart(5)}  ${kind.padEnd(18)} ${size(bytes)}`)
  lines.push('', 'Searched for')
  for (const { name, version, state, spellings } of report.sought)
    lines.push(`  the vault’s ${name}, version ${version} (${state}), in ${spellings} spellings`)
  if (report.sought.length === 0) lines.push('  no secret of a vault (none was at hand)')
  lines.push('  strings shaped like well-known providers’ keys')
  lines.push('', report.findings.length === 0 ? 'Found nothing.' : 'Found')
  for (const finding of report.findings) {
    lines.push(
      `  ${finding.severity === 'finding' ? 'FINDING' : 'note   '}  ${finding.what}`,
      `           in ${finding.exhibit}: ${finding.where}`,
      `           at byte ${finding.offset}: ${finding.excerpt}`,
    )
  }
  if (report.unread.length > 0) lines.push('', 'Not read')
  for (const { where, why } of report.unread) lines.push(`  ${where}: ${why}`)
  if (report.notes.length > 0) lines.push('', 'Notes', ...report.notes.map((note) => `  ${note}`))
  return `${lines.join('\n')}\n`
}

const WAYS: Readonly<Record<Collection['how'], string>> = {
  browser: 'with a real browser: nothing was clicked',
  files: 'from files',
  'plain requests': 'by plain requests, without a browser: what scripts do at run time was not seen',
}

function rank(finding: Finding): number {
  return (finding.severity === 'finding' ? 0 : 2) + (finding.kind === 'vault' ? 0 : 1)
}

function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`
}
