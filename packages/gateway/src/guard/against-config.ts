import type { Config } from '../config/paths.ts'
import type { ConfigProblem, KeyPath } from '../config/problem.ts'
import type { GuardAction } from '../decide/guard-action.ts'
import type { Rule } from '../decide/guard.ts'
import { OWN_ENDPOINTS } from '../decide/own-endpoints.ts'
import { nearest } from '../lib/nearest.ts'
import type { LoadedGuard } from './load.ts'

/** Does guard.yaml name what the configuration has, and can what its rules do be done here? A name that nothing has would be a rule that never holds. */
export function checkAgainst(loaded: LoadedGuard, config: Config): readonly ConfigProblem[] {
  const report = loaded.report()
  const apis = Object.keys(config.apis)
  const places = [
    ...Object.entries(config.apis).flatMap(([name, { allow }]) => allow.map((line) => `${name}: ${line.trim()}`)),
    'site',
    'none',
    ...OWN_ENDPOINTS,
  ]
  for (const { path, text, fact, value, start, end } of loaded.named) {
    const known = fact === 'route.api' ? ['', ...apis] : places
    if (known.includes(value)) continue
    report.inside(path, text, {
      text: `No ${fact === 'route.api' ? 'API' : 'route'} is called \`${value}\`: this never holds.`,
      fix: fixFor(value, fact === 'route.api' ? apis : places),
      start,
      end,
    })
  }
  for (const [at, rule] of loaded.own.rules.entries()) {
    for (const action of rule.actions) {
      const found = refuse(action, rule, config, places)
      if (found !== null) report.at(['rules', at, 'then', action.kind], 'guard_action', found.text, found.fix)
    }
  }
  const warnings = loaded.own.rules.flatMap((rule, at) =>
    tellsNobody(rule, config) ? [warning(loaded, ['rules', at, 'then'], rule.id)] : [],
  )
  return [...report.problems, ...warnings]
}

interface Refusal {
  readonly text: string
  readonly fix: string
}

function refuse(action: GuardAction, rule: Rule, config: Config, places: readonly string[]): Refusal | null {
  switch (action.kind) {
    case 'ban': {
      const strange = action.scope?.find((place) => !places.includes(place))
      return strange === undefined
        ? null
        : { text: `No route is called \`${strange}\`: this ban would shut out of nothing.`, fix: fixFor(strange, places) }
    }
    case 'disable_credential': {
      const held = Object.values(config.apis).flatMap(({ credential }) => (credential === null ? [] : [credential]))
      if (action.credential === null)
        return credentialsAt(rule, config).length > 0
          ? null
          : { text: 'No API here has a credential to disable.', fix: 'Name the credential, or delete the action.' }
      return held.includes(action.credential)
        ? null
        : { text: `No API uses a credential \`${action.credential}\`: nothing would be disabled.`, fix: fixFor(action.credential, held) }
    }
    case 'step_up':
      return config.ownAccounts || Object.keys(config.oidc).length > 0
        ? null
        : {
            text: '`step_up` cannot be given: nobody can sign in here.',
            fix: 'Use challenge or block, or let people sign in (`ownAccounts`, `oidc`).',
          }
    default:
      return null
  }
}

/** The credentials of the APIs where the rule can hold. */
function credentialsAt({ scope }: Rule, { apis }: Config): readonly string[] {
  return Object.entries(apis).flatMap(([name, { credential }]) => {
    const here =
      (scope.apis === null || scope.apis.includes(name)) &&
      (scope.routes === null || scope.routes.some((route) => route.startsWith(`${name}: `)))
    return here && credential !== null ? [credential] : []
  })
}

function tellsNobody({ actions }: Rule, { notify }: Config): boolean {
  return actions.some(({ kind }) => kind === 'notify') && notify.mail.length === 0 && notify.webhook === null
}

function warning(loaded: LoadedGuard, path: KeyPath, rule: string): ConfigProblem {
  const report = loaded.report()
  report.at(
    path,
    'guard_action',
    `\`${rule}\` tells nobody but the audit trail: no mail and no webhook is named.`,
    'Add `notify: { webhook: { url: https://… } }` to cloakroom.yaml.',
  )
  return { ...(report.problems[0] as ConfigProblem), severity: 'warning' }
}

function fixFor(value: string, known: readonly string[]): string {
  const meant = nearest(value, known)
  if (meant !== null) return `Did you mean \`${meant}\`?`
  return known.length === 0
    ? 'There are none.'
    : `There are: ${known.slice(0, MOST_NAMED).join(', ')}${known.length > MOST_NAMED ? ', …' : ''}.`
}

const MOST_NAMED = 12
