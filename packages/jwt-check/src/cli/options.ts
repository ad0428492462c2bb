import { parseArgs } from 'node:util'
import type { Severity } from '../rule.ts'
import { limits } from '../limits.ts'
import { rules } from '../rules/all.ts'
import { CommandProblem, exitCodes } from './io.ts'

/** Every option of the command with its type, for `parseArgs` and for the test that compares `--help`. */
export const optionTable = {
  keys: { type: 'string', multiple: true },
  'secret-file': { type: 'string', multiple: true },
  profile: { type: 'string' },
  issuer: { type: 'string' },
  audience: { type: 'string' },
  algorithms: { type: 'string' },
  now: { type: 'string' },
  method: { type: 'string' },
  url: { type: 'string' },
  'access-token-file': { type: 'string' },
  'no-guess': { type: 'boolean' },
  'guess-ms': { type: 'string' },
  hint: { type: 'string', multiple: true },
  only: { type: 'string' },
  ignore: { type: 'string' },
  'fail-on': { type: 'string' },
  json: { type: 'boolean' },
  sarif: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  'max-bytes': { type: 'string' },
  'jwt-file': { type: 'string' },
  'signing-key': { type: 'string', multiple: true },
  header: { type: 'string' },
  'timeout-ms': { type: 'string' },
  'i-own-this-host': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

export type Options = ReturnType<typeof parseOptions>

/** Reads the command line. Throws `CommandProblem` with a sentence for anything that it does not know. */
export function parseOptions(argv: readonly string[]) {
  const { values, positionals } = parsed(argv)
  return {
    ...values,
    positionals,
    failOn: failOn(values['fail-on']),
    maxBytes: whole(values['max-bytes'], 'max-bytes') ?? limits.inputBytes,
    guessMs: whole(values['guess-ms'], 'guess-ms') ?? 5000,
    timeoutMs: whole(values['timeout-ms'], 'timeout-ms') ?? 5000,
    only: ruleIds(values.only, 'only'),
    ignore: ruleIds(values.ignore, 'ignore'),
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: optionTable, allowPositionals: true })
  } catch (error) {
    throw new CommandProblem(`${error instanceof Error ? error.message : 'Unusable options'} See --help.`, exitCodes.usage)
  }
}

function failOn(text: string | undefined): Severity | 'never' {
  if (text === undefined) return 'error'
  if (text === 'error' || text === 'warning' || text === 'info' || text === 'never') return text
  throw new CommandProblem('--fail-on takes error, warning, info or never.', exitCodes.usage)
}

function whole(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,12}$/.test(text)) return Number(text)
  throw new CommandProblem(`--${name} takes a whole number.`, exitCodes.usage)
}

function ruleIds(text: string | undefined, name: string): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined
  const ids = text.split(',').map((id) => id.trim().toUpperCase())
  const unknown = ids.find((id) => !rules.some((rule) => rule.id === id))
  if (unknown !== undefined)
    throw new CommandProblem(`--${name}: there is no rule "${unknown.slice(0, 40)}". See "jwt-check rules".`, exitCodes.usage)
  return new Set(ids)
}
