import { rules } from '../rules/all.ts'
import { CommandProblem, exitCodes } from './io.ts'

/** All rules, one line each, or as JSON with every text. */
export function listRules(asJson: boolean): string {
  if (asJson)
    return `${JSON.stringify(
      rules.map(({ id, title, severity, source, why, remedy }) => ({ id, title, severity, source, why, remedy })),
      null,
      2,
    )}\n`
  return rules.map(({ id, severity, title }) => `${id}  ${severity.padEnd(7)}  ${title}\n`).join('')
}

/** One rule in full. Throws `CommandProblem` when there is no such rule. */
export function explain(id: string): string {
  const rule = rules.find((rule) => rule.id === id.toUpperCase())
  if (rule === undefined)
    throw new CommandProblem('explain takes the name of a rule, such as JWT-07. See "jwt-check rules".', exitCodes.usage)
  return `${rule.id} ${rule.title} (${rule.severity})\n\n${rule.why}\n\nWhat to do: ${rule.remedy}\nSource: ${rule.source}\n`
}
