/// <reference lib="dom" />
import type { Report } from '../src/check.ts'
import type { Finding } from '../src/finding.ts'
import { rules } from '../src/rules/all.ts'
import { element } from './dom.ts'

/** One card for each rule that found something: the places, why it matters, what to do. */
export function findingCards(report: Report): readonly HTMLElement[] {
  const ids = [...new Set(report.findings.map(({ ruleId }) => ruleId))]
  return ids.map((id) => card(report.findings.filter(({ ruleId }) => ruleId === id)))
}

function card(findings: readonly Finding[]): HTMLElement {
  const [first] = findings
  const rule = rules.find(({ id }) => id === first?.ruleId)
  if (first === undefined || rule === undefined) return element('article', {})
  const places = findings.map(({ at, pointer, reason }) =>
    element('li', {}, element('code', {}, pointer === '' ? at : `${at} › ${pointer}`), ` ${reason}`),
  )
  return element(
    'article',
    { class: first.severity },
    element('h3', {}, element('span', { class: 'badge' }, first.severity), `${rule.id} ${rule.title}`),
    element('ul', {}, ...places),
    element('p', {}, element('strong', {}, 'Why: '), rule.why),
    element('p', {}, element('strong', {}, 'What to do: '), rule.remedy),
    element('p', { class: 'source' }, rule.source),
  )
}
