import type { Answer } from '../answer.ts'
import { admit, type Admission } from '../decide/admit.ts'
import type { GuardActionKind } from '../decide/guard-action.ts'
import { askSignals, readSignals } from '../decide/guard-hits.ts'
import { judgeGuard, type Judged } from '../decide/guard-judge.ts'
import { eventStage } from '../decide/guard-plan.ts'
import type { GuardState, Subject } from '../decide/guard.ts'
import type { Instant } from '../decide/head.ts'
import type { Policy } from '../decide/policy.ts'
import { addScores, afterwards, countAll, effectsOf, judgeWatched, planOf, watch } from '../guarding.ts'
import type { Parts } from '../parts.ts'
import type { CounterStore } from '../store/store.ts'
import { type Step, stepsOf, type StepProblem } from './rehearsal-steps.ts'
import type { TestEntry } from './schema.ts'

/** What came of one test. `failure`: what happened instead, and at which request. */
export interface Rehearsed {
  readonly name: string
  readonly failure: string | null
}

export interface RehearseOptions {
  /** With the guard that is to be tested. */
  readonly policy: Policy
  readonly idOf: NonNullable<Parts['endpoints']['idOf']>
  /** Empty counters for each test. */
  readonly counters: () => CounterStore
  readonly at: Instant
}

/** Runs the tests of a guard.yaml under a clock of their own: the same judgement as a running gateway's, without an upstream. */
export async function rehearse(tests: readonly TestEntry[], options: RehearseOptions): Promise<readonly Rehearsed[]> {
  const results: Rehearsed[] = []
  for (const test of tests) results.push({ name: test.name, failure: await runTest(test, options) })
  return results
}

async function runTest(test: TestEntry, options: RehearseOptions): Promise<string | null> {
  const steps = stepsOf(test, options.policy, options.at)
  if (isProblem(steps)) return steps.problem
  const counters = options.counters()
  const parts = partsOf(options, counters)
  for (const [place, step] of steps.entries()) {
    const happened = await runStep(step, options.policy, parts)
    const failure = step.expect === null ? null : compare(step, happened)
    if (failure !== null) return steps.length === 1 ? failure : `request ${place + 1} of ${steps.length}: ${failure}`
  }
  return null
}

function isProblem(steps: readonly Step[] | StepProblem): steps is StepProblem {
  return 'problem' in steps
}

const ARMED: GuardState = { armed: true, demoted: new Set() }

/** As much of a gateway as the judgement needs. */
function partsOf({ idOf }: RehearseOptions, counters: CounterStore): Parts {
  const guard = { state: () => ARMED, carryOut: () => undefined, met: () => undefined, refusedInShadow: () => false, saw: () => undefined }
  const observer = {
    access: () => undefined,
    failure(_head: unknown, cause: unknown) {
      throw cause
    },
  }
  return { counters, guard, endpoints: { idOf }, observer } as unknown as Parts
}

async function runStep(step: Step, policy: Policy, parts: Parts): Promise<Judged | null> {
  if (step.event !== null) return await runEvent(step, policy, parts)
  const { head, visitor } = step
  const admission: Admission = admit(head, policy)
  const plan = planOf(head, admission, policy, parts)
  if (plan === null) return null
  const seen = watch(plan, head, visitor)
  const judged = judgeWatched(seen, await countAll([], seen, parts), 0, parts)
  if (judged !== null) await score(judged, plan.request, seen.subject, parts)
  const answer: Answer = { status: step.status ?? statusOf(admission), headers: [], body: null }
  const after = await afterwards(seen, answer, parts)
  for (const effect of after) if (effect.do === 'count') await addScores(effect.hits, head, parts)
  return judged
}

async function runEvent(step: Step, { guard }: Policy, parts: Parts): Promise<Judged | null> {
  if (guard === null || step.event === null) return null
  const stage = eventStage(guard)
  const subject: Subject = {
    phase: 'event',
    at: step.head.at,
    head: null,
    route: { id: 'none', kind: 'none', api: null },
    visitor: null,
    answer: null,
    event: step.event,
  }
  const asked = askSignals(stage, subject, 'event')
  const counts = asked.hits.length === 0 ? [] : await parts.counters.add(asked.hits, subject.at)
  const judged = judgeGuard(stage.rules, subject, readSignals(stage, asked, counts, 0), ARMED)
  if (judged !== null)
    for (const effect of effectsOf(judged, stage, subject)) if (effect.do === 'count') await parts.counters.add(effect.hits, subject.at)
  return judged
}

async function score(judged: Judged, stage: Parameters<typeof effectsOf>[1], subject: Subject, parts: Parts): Promise<void> {
  for (const effect of effectsOf(judged, stage, subject)) if (effect.do === 'count') await parts.counters.add(effect.hits, subject.at)
}

/** What the gateway would answer without a guard, where no upstream is needed for it. */
function statusOf(admission: Admission): number {
  if (admission.kind !== 'refused') return 200
  return admission.reply.kind === 'problem' && admission.reply.code === 'not_found' ? 404 : 403
}

function compare({ expect, head }: Step, judged: Judged | null): string | null {
  const did = flat(judged, 'did')
  const would = flat(judged, 'would')
  const ruled = judged?.effective.rule ?? null
  const happened = `${head.method} ${head.path} was ${ruled === null ? 'let through' : `refused by ${ruled} (${did.join(', ')})`}${
    would.join() === did.join() ? '' : `; in shadow: ${would.join(', ') || 'nothing'}`
  }`
  if (expect === 'allow') return ruled === null ? null : `${happened}, but should have been let through`
  if (expect === null) return null
  const { action, not_action: notAction, rule, shadow } = expect
  if (action === 'allow' && ruled !== null) return `${happened}, but should have been let through`
  if (action !== undefined && action !== 'allow' && !did.includes(action)) return `${happened}; expected ${action}`
  if (notAction !== undefined && did.includes(notAction)) return `${happened}, but ${notAction} must not happen here`
  if (rule !== undefined && !(judged?.evidence.some((seen) => seen.rule === rule && seen.did.length > 0) ?? false))
    return `${happened}; expected the rule ${rule} to act`
  if (shadow !== undefined && !would.includes(shadow)) return `${happened}; expected ${shadow} in shadow`
  return null
}

function flat(judged: Judged | null, what: 'did' | 'would'): readonly string[] {
  return judged?.evidence.flatMap((seen): readonly GuardActionKind[] => seen[what]) ?? []
}
