import type { Report } from '../check.ts'
import type { Finding } from '../finding.ts'
import type { Severity } from '../rule.ts'
import { rules } from '../rules/all.ts'
import type { Style } from './style.ts'

/** Width in characters to which explanations are wrapped. */
const width = 96

/** Findings of one rule that people want to read; machines get all. */
const shownPerRule = 8

const words: Readonly<Record<Severity, string>> = { error: 'error  ', warning: 'warning', info: 'info   ' }

/** The report for people: what is wrong and where, then for each rule once why it matters and what to do. */
export function textReport(report: Report, style: Style): string {
  const byRule = grouped(report.findings)
  const blocks = [...byRule.values()].map((findings) => block(findings, style))
  return [...blocks, summary(report, style)].join('\n')
}

function block(findings: readonly Finding[], style: Style): string {
  const first = findings[0]
  const rule = rules.find(({ id }) => id === first?.ruleId)
  if (first === undefined || rule === undefined) return ''
  const lines = findings.slice(0, shownPerRule).map(({ severity, at, pointer, reason }) => {
    const place = pointer === '' ? at : `${at} ${style.dim('›')} ${pointer}`
    return `  ${paint(severity, style)(words[severity])} ${place}\n          ${wrapped(reason, 10)}\n`
  })
  const explained = [
    `  ${style.dim('why')}     ${wrapped(rule.why, 10)}`,
    `  ${style.dim('fix')}     ${wrapped(rule.remedy, 10)}`,
    `  ${style.dim(`source  ${rule.source}`)}`,
  ]
  const rest = findings.length > shownPerRule ? `  … and ${findings.length - shownPerRule} more by this rule (--json lists all)\n` : ''
  return `${style.bold(`${rule.id} ${rule.title}`)}\n${lines.join('')}${rest}${explained.join('\n')}\n`
}

function summary({ counts, profiles, omitted }: Report, style: Style): string {
  const held = Object.entries(profiles).map(([label, name]) => `${label}: ${name}`)
  const kept = held.length === 0 ? '' : style.dim(`Held to profile: ${held.slice(0, 5).join(', ')}${held.length > 5 ? ', …' : ''}\n`)
  const more = omitted === 0 ? '' : `${omitted} further findings are not shown.\n`
  const total = counts.error + counts.warning + counts.info
  if (total === 0)
    return `${kept}${style.green('No findings.')} What was checked looks sound; what was not given (keys, profile) was not checked.\n`
  return `${kept}${more}${plural(counts.error, 'error')}, ${plural(counts.warning, 'warning')}, ${counts.info} for information.\n`
}

function paint(severity: Severity, style: Style): (text: string) => string {
  switch (severity) {
    case 'error':
      return style.red
    case 'warning':
      return style.yellow
    case 'info':
      return style.blue
  }
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function wrapped(text: string, indent: number): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 1 > width - indent && line !== '') lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

function grouped(findings: readonly Finding[]): Map<string, Finding[]> {
  const out = new Map<string, Finding[]>()
  for (const finding of findings) out.set(finding.ruleId, [...(out.get(finding.ruleId) ?? []), finding])
  return out
}
