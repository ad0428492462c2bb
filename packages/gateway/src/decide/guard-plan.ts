import type { GuardActionKind, KeyPart } from './guard-action.ts'
import type { Condition, Guard, GuardRoute, Phase, Rule, Scope, Signal } from './guard.ts'

/** What of a guard could apply to one route and method: all that a request there pays for. */
export interface Plan {
  readonly route: GuardRoute
  readonly request: Stage
  readonly response: Stage
  /** Some condition or key needs to know who it is, even where the route does not. */
  readonly asksWho: boolean
  /** Some rule may hit only a share of the sessions. */
  readonly shares: boolean
}

/** Rules of one phase with the signals that are counted in it or read by it. */
export interface Stage {
  readonly rules: readonly Rule[]
  readonly signals: readonly Signal[]
  /** Every rule that reads a signal lets this process count alone when the store is silent. */
  readonly local: boolean
  /** Some rule is not enforced, or may cease to be: the world in which it is has counters of its own. */
  readonly shadow: boolean
}

/**
 * Looks a guard up by route and method. What is found once is kept as long as the guard: routes are the owner's, and methods those that
 * the HTTP parser knows. Null: nothing applies, and the request pays nothing.
 */
export function planFor(guard: Guard, id: string, kind: GuardRoute['kind'], api: string | null, method: string): Plan | null {
  let known = plans.get(guard)
  if (known === undefined) plans.set(guard, (known = new Map()))
  let here = known.get(id)
  if (here === undefined) known.set(id, (here = new Map()))
  let plan = here.get(method)
  if (plan === undefined) here.set(method, (plan = makePlan(guard, { id, kind, api }, method)))
  return plan
}

const plans = new WeakMap<Guard, Map<string, Map<string, Plan | null>>>()

/** For the events of the audit trail, which have no route. */
export function eventStage(guard: Guard): Stage {
  return makeStage(guard, 'event', () => true)
}

export function covers(scope: Scope, route: GuardRoute, method: string): boolean {
  return (
    (scope.routes === null || scope.routes.includes(route.id)) &&
    (scope.apis === null || (route.api !== null && scope.apis.includes(route.api))) &&
    (scope.methods === null || scope.methods.includes(method))
  )
}

function makePlan(guard: Guard, route: GuardRoute, method: string): Plan | null {
  const here = (scope: Scope): boolean => covers(scope, route, method)
  const [request, response] = [makeStage(guard, 'request', here), makeStage(guard, 'response', here)]
  if (isEmpty(request) && isEmpty(response)) return null
  const shares = [...request.rules, ...response.rules].some(({ limits }) => limits.sessionShare !== null)
  return { route, request, response, asksWho: asksWho(request) || asksWho(response) || shares, shares }
}

function makeStage(guard: Guard, phase: Phase, here: (scope: Scope) => boolean): Stage {
  const rules = guard.rules.filter((rule) => rule.phase === phase && rule.mode.kind !== 'off' && here(rule.scope))
  const readHere = namesIn(rules)
  const scored = new Set(rules.flatMap(({ actions }) => actions.flatMap((action) => (action.kind === 'score' ? [action.signal] : []))))
  const readAnywhere = namesIn(guard.rules.filter(({ mode }) => mode.kind !== 'off'))
  const signals = guard.signals.filter(
    (signal) =>
      readHere.has(signal.name) ||
      scored.has(signal.name) ||
      // What nobody reads need not be counted.
      (signal.on === phase && readAnywhere.has(signal.name) && here(signal.scope)),
  )
  const reading = rules.filter((rule) => namesIn([rule]).size > 0)
  return {
    rules,
    signals,
    local: reading.every(({ storeDown }) => storeDown === 'local'),
    shadow: guard.rules.some(({ mode }) => mode.kind === 'shadow' || mode.kind === 'canary'),
  }
}

function namesIn(rules: readonly Rule[]): ReadonlySet<string> {
  return new Set(
    rules.flatMap(({ when, limits }) => [when, limits.neverIf].flatMap((condition) => (condition === null ? [] : signalsIn(condition)))),
  )
}

export function signalsIn({ reads }: Condition): readonly string[] {
  return reads.filter((fact) => fact.startsWith(PREFIX)).map((fact) => fact.slice(PREFIX.length))
}

const PREFIX = 'signal.'

function isEmpty({ rules, signals }: Stage): boolean {
  return rules.length === 0 && signals.length === 0
}

/** Which marks a request is searched for: those that the guard serves, and those that some rule or signal asks for. */
export interface Wanted {
  readonly decoy: boolean
  readonly honey: boolean
}

export function marksWanted(guard: Guard): Wanted {
  let found = wanted.get(guard)
  if (found === undefined) {
    const rules = guard.rules.filter(({ mode }) => mode.kind !== 'off')
    const conditions = [...rules.flatMap(({ when, limits }) => [when, limits.neverIf]), ...guard.signals.map(({ when }) => when)]
    const asks = (fact: string, event: string): boolean =>
      conditions.some((condition) => condition !== null && (condition.reads.includes(fact) || condition.text.includes(event)))
    found = {
      decoy: rules.some(({ actions }) => actions.some(({ kind }) => kind === 'decoy')) || asks('request.presents_canary', 'decoy.canary'),
      honey: asks('request.presents_honeytoken', 'honey.presented'),
    }
    wanted.set(guard, found)
  }
  return found
}
const wanted = new WeakMap<Guard, Wanted>()

/** Done to whoever is known, or only to whoever is not. */
const ASKING: ReadonlySet<GuardActionKind> = new Set(['revoke', 'step_up', 'decoy', 'disable_credential'])

/** `actor` alone does not: who is not known counts by his network. */
function asksWho({ rules, signals }: Stage): boolean {
  const conditions = [...rules.flatMap(({ when, limits }) => [when, limits.neverIf]), ...signals.map(({ when }) => when)]
  return (
    conditions.some((condition) => condition?.reads.some((fact) => /^(?:session|account|visit)\./.test(fact)) ?? false) ||
    signals.some(({ key }) => key.some(isWho)) ||
    rules.some(({ actions }) => actions.some((action) => ASKING.has(action.kind) || (action.kind === 'ban' && action.key.some(isWho))))
  )
}

function isWho(part: KeyPart): boolean {
  return part === 'session' || part === 'account' || part === 'visit'
}
