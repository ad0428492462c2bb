import type { Finding } from './finding.ts'

/** The findings as text: by area, each with its fix below it, and a last line that says how it stands. */
export function formatFindings(findings: readonly Finding[]): string {
  const areas = [...new Set(findings.map(({ area }) => area))]
  const blocks = areas.map((area) => {
    const own = findings.filter((finding) => finding.area === area)
    const lines = own.map(({ level, text, fix }) => `  ${level.padEnd(9)}${text}${fix === '' ? '' : `\n           ${fix}`}`)
    return `${area}\n${lines.join('\n')}`
  })
  return `${blocks.join('\n\n')}\n\n${verdict(findings)}`
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
  const problems = count('problem')
  const warnings = count('warning')
  if (problems === 0 && warnings === 0) return 'All is well.'
  return `${problems === 1 ? 'one problem' : `${problems} problems`}, ${warnings === 1 ? 'one warning' : `${warnings} warnings`}.`
}
