import type { Answer } from './answer.ts'
import type { Admission } from './decide/admit.ts'
import type { Clearance } from './decide/challenge.ts'
import type { Count, Hit } from './decide/counters.ts'
import type { Decision, Effect } from './decide/facts.ts'
import { type Asked, askSignals, readSignals, scoreHits, STANDING } from './decide/guard-hits.ts'
import { judgeGuard, type Judged, type Outcome } from './decide/guard-judge.ts'
import { type Plan, planFor, type Stage } from './decide/guard-plan.ts'
import { replyOf } from './decide/guard-reply.ts'
import type { GuardState, Subject } from './decide/guard.ts'
import type { RequestHead } from './decide/head.ts'
import type { Policy } from './decide/policy.ts'
import type { Visitor } from './decide/session.ts'
import { GateError } from './errors.ts'
import type { Awaitable } from './lib/awaitable.ts'
import type { Parts } from './parts.ts'

/** A request as the guard looks at it: what could apply, and which counters it touches. */
export interface Watch {
  readonly plan: Plan
  readonly subject: Subject
  readonly asked: Asked
  judged: Judged | null
}

/** Which part of the guard could apply to this request? Null, and nothing is allocated, when none could. */
export function planOf(head: RequestHead, admission: Admission, policy: Policy, parts: Pick<Parts, 'endpoints'>): Plan | null {
  const { guard } = policy
  if (guard === null) return null
  switch (admission.kind) {
    case 'route': {
      const { route } = admission
      return planFor(guard, route.id, route.kind, route.kind === 'api' ? route.api.name : null, head.method)
    }
    case 'own': {
      const id = parts.endpoints.idOf?.(head, policy) ?? null
      return id === null ? planFor(guard, 'none', 'none', null, head.method) : planFor(guard, id, 'own', null, head.method)
    }
    case 'refused':
      // Who is sent to the right name or scheme has not asked for anything yet.
      return admission.reply.kind === 'problem' ? planFor(guard, 'none', 'none', null, head.method) : null
  }
}

export function watch(
  plan: Plan,
  head: RequestHead,
  visitor: Visitor | null,
  cleared: readonly Clearance[] = [],
  presents: NonNullable<Subject['presents']> = () => false,
): Watch {
  const subject: Subject = {
    phase: 'request',
    at: head.at,
    head,
    route: plan.route,
    visitor,
    cleared,
    presents,
    answer: null,
    event: null,
  }
  return { plan, subject, asked: askSignals(plan.request, subject, 'request'), judged: null }
}

/** One round trip for all of a request's counters. A silent store refuses, unless every rule here may count in this process alone. */
export function countAll(own: readonly Hit[], seen: Watch, parts: Parts): Awaitable<readonly Count[]> {
  const { hits } = seen.asked
  if (own.length + hits.length === 0) return NONE
  try {
    const counts = parts.counters.add(own.length === 0 ? hits : [...own, ...hits], seen.subject.at)
    return counts instanceof Promise ? counts.catch((cause: unknown) => countAlone(own, seen, parts, cause)) : counts
  } catch (cause) {
    return countAlone(own, seen, parts, cause)
  }
}

const NONE: readonly Count[] = []

/** Counting goes on here, whatever becomes of this request. */
function countAlone(own: readonly Hit[], { plan, subject, asked }: Watch, parts: Parts, cause: unknown): readonly Count[] {
  const local = asked.hits.length === 0 ? [] : (parts.counters.local?.(asked.hits, subject.at) ?? null)
  if (own.length > 0 || local === null || !plan.request.local) throw cause
  if (subject.head !== null) parts.observer.failure(subject.head, cause)
  return local
}

/** The rules' word. `from`: where the guard's counts begin. */
export function judgeWatched(seen: Watch, counts: readonly Count[], from: number, parts: Pick<Parts, 'guard'>): Judged | null {
  const { plan, subject, asked } = seen
  if (plan.request.rules.length === 0) return null
  seen.judged = judgeGuard(plan.request.rules, subject, readSignals(plan.request, asked, counts, from), stateOf(parts))
  return seen.judged
}

/** What was decided without the guard, and what the guard makes of it. */
export function withGuard(decision: Decision, judged: Judged, { plan, subject }: Watch): Decision {
  const effects = [...decision.effects, ...effectsOf(judged, plan.request, subject)]
  const steps = [
    ...decision.evidence.steps,
    ...judged.evidence.map(({ rule, did }) => `rule ${rule} ${did.length === 0 ? 'shadow' : did.join(' ')}`),
  ]
  const evidence = { ...decision.evidence, steps }
  if (!judged.ended) return { ...decision, effects, evidence, guard: judged }
  // A refused request keeps no session alive and begins no visit; what time has ended is still noted.
  const kept = effects.filter((effect) => effect.do === 'end-expired' || effect.do === 'measure' || effect.do === 'count')
  return { verdict: 'refuse', reply: replyOf(judged.effective, subject), visitor: decision.visitor, effects: kept, evidence, guard: judged }
}

/** The judgement of a request to one of the gateway's own endpoints: the guard's refusal, or what is to be done before it is answered. */
export function ownWithGuard(judged: Judged, seen: Watch): Decision | readonly Effect[] {
  const { subject } = seen
  const base = {
    verdict: 'refuse',
    reply: replyOf(judged.effective, subject),
    visitor: seen.subject.visitor,
    evidence: { route: seen.plan.route.id, steps: [] },
    effects: [],
  } as const
  return judged.ended ? withGuard(base, judged, seen) : effectsOf(judged, seen.plan.request, seen.subject)
}

export function looksAgain({ plan }: Watch): boolean {
  return plan.response.signals.length > 0 || plan.response.rules.length > 0
}

/** The answer as the response phase sees it. What the guard itself refused is no answer: it would feed on its own refusals. */
export async function afterwards({ plan, subject, judged }: Watch, answer: Answer, parts: Parts): Promise<readonly Effect[]> {
  const stage = plan.response
  const standing = judged === null ? STANDING : { effective: judged.effective.rule === null, shadow: judged.shadow.rule === null }
  if (!standing.effective && !standing.shadow) return []
  const seen: Subject = {
    ...subject,
    phase: 'response',
    answer: { status: answer.status, bytes: lengthOf(answer), ms: millisOf(subject, parts), code: codeOf(answer) },
  }
  const asked = askSignals(stage, seen, 'response', standing)
  const counts = await countResponse(asked, seen, stage, parts)
  const after = stage.rules.length === 0 ? null : judgeGuard(stage.rules, seen, readSignals(stage, asked, counts, 0), stateOf(parts))
  if (after === null) return []
  parts.guard?.saw(after, seen)
  return effectsOf(after, stage, seen)
}

/** Points are nobody's limit: a silent store keeps nobody out for them. They are kept here and settled later. */
export async function addScores(hits: readonly Hit[], head: RequestHead, parts: Parts): Promise<void> {
  try {
    await parts.counters.add(hits, head.at)
  } catch (cause) {
    parts.observer.failure(head, cause)
    parts.counters.local?.(hits, head.at)
  }
}

/** The answer is there: a store that is silent now cannot take it back, but what was counted is kept and settled later. */
async function countResponse(asked: Asked, subject: Subject, stage: Stage, parts: Parts): Promise<readonly Count[]> {
  if (asked.hits.length === 0) return []
  // Nothing is counted and no rule would look: the store need not be asked.
  if (stage.rules.length === 0 && asked.hits.every(({ signal }) => signal?.cost === 0)) return []
  try {
    return await parts.counters.add(asked.hits, subject.at)
  } catch (cause) {
    if (subject.head !== null) parts.observer.failure(subject.head, cause)
    return parts.counters.local?.(asked.hits, subject.at) ?? []
  }
}

export function effectsOf(judged: Judged, stage: Stage, subject: Subject): readonly Effect[] {
  const effects: Effect[] = judged.effective.measures.map((measure) => ({ do: 'measure', measure, subject }))
  const scored = (outcome: Outcome, world: 'real' | 'shadow'): readonly Hit[] =>
    outcome.scores.size === 0 ? [] : scoreHits(stage, subject, outcome.scores, world)
  const hits = [...scored(judged.effective, 'real'), ...(stage.shadow ? scored(judged.shadow, 'shadow') : [])]
  if (hits.length > 0) effects.push({ do: 'count', hits })
  return effects
}

const ARMED: GuardState = { armed: true, demoted: new Set() }

function stateOf({ guard }: Pick<Parts, 'guard'>): GuardState {
  return guard?.state() ?? ARMED
}

export function guardPartOf({ guard }: Pick<Parts, 'guard'>): NonNullable<Parts['guard']> {
  if (guard === undefined) throw new GateError('internal', 'a rule asks for a measure that no part takes')
  return guard
}

function lengthOf({ body }: Answer): number | null {
  return body === null ? 0 : body instanceof Uint8Array ? body.length : body.length
}

function millisOf({ at }: Subject, { clock }: Parts): number | null {
  return clock === undefined ? null : Math.max(0, clock() - at)
}

function codeOf({ headers }: Answer): string | null {
  return headers.find(([name]) => name === 'cloakroom-error')?.[1] ?? null
}
