import { isCleared } from './challenge.ts'
import { ANSWERS, TERMINAL, type Fallback, type GuardAction, type GuardActionKind } from './guard-action.ts'
import { isFresh } from './freshness.ts'
import { actorOf } from './guard-keys.ts'
import { signalsIn } from './guard-plan.ts'
import type { Condition, GuardState, Held, Mode, Reading, ReadSignal, Rule, Subject, TraceStep } from './guard.ts'

/** A rule whose condition held, or could not be answered: why, and what came of it. */
export interface RuleEvidence {
  readonly rule: string
  readonly mode: Mode['kind']
  readonly held: true | 'unknown'
  /** What was done; empty when nothing was, as in shadow. */
  readonly did: readonly GuardActionKind[]
  /** What would have been done with every rule enforced. */
  readonly would: readonly GuardActionKind[]
  readonly trace: readonly TraceStep[]
  readonly signals: readonly (Reading & { readonly signal: string })[]
}

/** Something that a rule does besides answering. */
export interface Measure {
  readonly rule: string
  readonly action: GuardAction
}

/** What one world (the real one, or the one in which shadow rules are enforced) comes to. */
export interface Outcome {
  /** The rule that ended the walk. */
  readonly rule: string | null
  /** The answer; null when the request goes on. `otherwise`, where it has one, is the shell's when it cannot be given. */
  readonly answer: Extract<GuardAction, { kind: 'throttle' | 'challenge' | 'step_up' | 'decoy' | 'tarpit' | 'block' }> | null
  /** Everything else that is to be done, in order, with the rule that asked for it. */
  readonly measures: readonly Measure[]
  /** What the rules added to signals. */
  readonly scores: ReadonlyMap<string, number>
  /** The signal that a throttle rests on, and until when. */
  readonly over: (Reading & { readonly signal: string }) | null
}

export interface Judged {
  readonly effective: Outcome
  /** The same object as `effective` while no rule is in shadow. */
  readonly shadow: Outcome
  readonly evidence: readonly RuleEvidence[]
  /** The walk was ended: what is refused does not reach the upstream. */
  readonly ended: boolean
}

/** The counters of both worlds. Without rules in shadow they are one. */
export interface Worlds {
  readonly effective: ReadSignal
  readonly shadow: ReadSignal
}

/** One pass over the rules, two outcomes: what is done, and what would be done if every rule were enforced. Nothing of the second shows in the first. */
export function judgeGuard(rules: readonly Rule[], subject: Subject, worlds: Worlds, state: GuardState): Judged | null {
  if (rules.length === 0) return null
  const real = startWalk(worlds.effective)
  const both = rules.some((rule) => !isEnforced(rule, state, subject) && rule.mode.kind !== 'off')
  const shadow = both ? startWalk(worlds.shadow) : real
  const evidence: RuleEvidence[] = []
  for (const rule of rules) {
    if (real.ended && shadow.ended) break
    if (rule.mode.kind === 'off' || !mayTouch(rule, subject)) continue
    const enforced = isEnforced(rule, state, subject)
    const inReal = enforced && !real.ended ? holds(rule, subject, real) : false
    // Where both worlds look alike, they need not be asked twice.
    const inShadow =
      shadow === real || shadow.ended ? false : sameView(rule, real, shadow, enforced) ? inReal : holds(rule, subject, shadow)
    if (inReal === false && inShadow === false) continue
    // Before anything is done: a rule's own score is not what it was judged on.
    const seen = look(rule, subject, inReal === false ? shadow : real)
    const did = inReal === false ? NOTHING : act(rule, subject, real)
    const would = shadow === real ? did : inShadow === false ? NOTHING : act(rule, subject, shadow)
    evidence.push({ rule: rule.id, mode: rule.mode.kind, held: inReal || inShadow || 'unknown', did, would, ...seen })
  }
  return evidence.length === 0 ? null : { effective: real, shadow, evidence, ended: real.ended }
}

/** Is the rule in force for this actor? */
export function isEnforced(rule: Rule, state: GuardState, subject: Subject): boolean {
  if (!state.armed || state.demoted.has(rule.id)) return false
  return rule.mode.kind === 'enforce' || (rule.mode.kind === 'canary' && bucketOf(`${rule.id} ${actorOf(subject)}`) < rule.mode.percent)
}

/** What an answer that cannot be given becomes. */
export function fallbackOf(action: GuardAction): Fallback | null {
  return 'otherwise' in action ? action.otherwise : null
}

interface Walk extends Outcome {
  rule: string | null
  answer: Outcome['answer']
  measures: Measure[]
  scores: Map<string, number>
  over: Outcome['over']
  ended: boolean
  skipped: Set<GuardActionKind> | 'all' | null
  readonly read: ReadSignal
}

const NOTHING: readonly GuardActionKind[] = []

function startWalk(stored: ReadSignal): Walk {
  const walk: Walk = {
    rule: null,
    answer: null,
    measures: [],
    scores: new Map(),
    over: null,
    ended: false,
    skipped: null,
    // What this very request scored counts for the rules after it.
    read: (signal) => {
      const reading = stored(signal)
      const added = walk.scores.get(signal)
      if (reading === null || added === undefined) return reading
      const count = Math.max(0, reading.count + added)
      return { ...reading, count, over: reading.limit !== null && count > reading.limit }
    },
  }
  return walk
}

function mayTouch(rule: Rule, subject: Subject): boolean {
  const { methods } = rule.limits
  return methods === null || subject.head === null || methods.includes(subject.head.method)
}

/** The condition, and that nothing forbids to act on it. What cannot be answered counts as the rule says; a doubtful `never_if` does not protect. */
function holds(rule: Rule, subject: Subject, walk: Walk): true | 'unknown' | false {
  const held: Held = rule.when.holds(subject, walk.read)
  if (held === false || (held === 'unknown' && rule.onUnknown === 'skip')) return false
  if (rule.limits.neverIf?.holds(subject, walk.read) === true) return false
  return held
}

function sameView(rule: Rule, real: Walk, shadow: Walk, enforced: boolean): boolean {
  return (
    enforced &&
    !real.ended &&
    !readsSignals(rule.when) &&
    (rule.limits.neverIf === null || !readsSignals(rule.limits.neverIf)) &&
    !shadow.ended
  )
}

function readsSignals(condition: Condition): boolean {
  return signalsIn(condition).length > 0
}

function act(rule: Rule, subject: Subject, walk: Walk): readonly GuardActionKind[] {
  const did: GuardActionKind[] = []
  for (const written of rule.actions) {
    const action = asGivable(written, subject)
    if (action === null) continue
    if (walk.skipped === 'all' || walk.skipped?.has(written.kind) === true || isSatisfied(action, subject)) continue
    did.push(action.kind)
    if (TERMINAL.has(action.kind)) {
      walk.ended = true
      walk.rule = rule.id
    }
    if (action.kind === 'skip') skip(walk, action.kinds)
    else if (action.kind === 'score') walk.scores.set(action.signal, (walk.scores.get(action.signal) ?? 0) + action.points)
    else if (isAnswer(action)) walk.answer = action
    else walk.measures.push({ rule: rule.id, action })
  }
  if (walk.ended && walk.rule === rule.id) walk.over = longestWait(rule.when, walk.read)
  return did
}

/**
 * What of an action can be given to this visitor. Only reads are answered with a decoy, and never a person or program that may be real;
 * no stranger disables a credential unless the rule says so. They get the block that the rule names instead; null: nothing is done.
 */
function asGivable(action: GuardAction, { head, route, visitor, phase }: Subject): GuardAction | null {
  if (action.kind === 'disable_credential') {
    const isKnown = visitor?.kind === 'known' || visitor?.kind === 'machine' || visitor?.kind === 'bearer'
    if (isKnown || action.byStrangers) return action
    return phase === 'request' ? action.otherwise : null
  }
  if (action.kind !== 'decoy') return action
  const isRead = head !== null && (head.method === 'GET' || head.method === 'HEAD')
  const isStrange = visitor?.kind === 'stranger' || visitor?.kind === 'visitor'
  return isRead && route.kind !== 'own' && (isStrange || action.signedIn) ? action : action.otherwise
}

const CHALLENGE_PARTS: readonly string[] = ['challenge', 'challenge.js', 'style.css', 'page.js', 'logo']

function isPartOfChallenge({ kind, id }: Subject['route']): boolean {
  return kind === 'own' && CHALLENGE_PARTS.includes(id)
}

/** Who has just shown what the rule wants to see goes on; else he would be asked again and again. */
function isSatisfied(action: GuardAction, { visitor, route, at, cleared = [] }: Subject): boolean {
  // The page that challenges, and what it is made of, can be no part of what it guards.
  if (action.kind === 'challenge') return isPartOfChallenge(route) || isCleared(cleared, route.id, action.difficulty, at)
  if (action.kind !== 'step_up') return false
  // The way to the proof leads through the gateway's own endpoints, which ask for proofs themselves.
  if (route.kind === 'own') return true
  if (visitor?.kind !== 'known') return false
  const { factors } = visitor.session
  const shown = action.factors.length === 0 ? factors : factors.filter(({ kind }) => action.factors.includes(kind))
  return isFresh({ factors: shown }, action.maxAgeMs, at)
}

function skip(walk: Walk, kinds: readonly GuardActionKind[] | null): void {
  if (kinds === null || walk.skipped === 'all') walk.skipped = 'all'
  else walk.skipped = new Set([...(walk.skipped ?? []), ...kinds])
}

function isAnswer(action: GuardAction): action is NonNullable<Outcome['answer']> {
  return ANSWERS.has(action.kind)
}

function longestWait(condition: Condition, read: ReadSignal): Outcome['over'] {
  let longest: Outcome['over'] = null
  for (const signal of signalsIn(condition)) {
    const reading = read(signal)
    if (reading?.over === true && (longest === null || reading.retryAfterMs > longest.retryAfterMs)) longest = { signal, ...reading }
  }
  return longest
}

function look(rule: Rule, subject: Subject, { read }: Walk): Pick<RuleEvidence, 'trace' | 'signals'> {
  const signals = signalsIn(rule.when).flatMap((signal) => {
    const reading = read(signal)
    return reading === null ? [] : [{ signal, ...reading }]
  })
  return { trace: rule.when.trace(subject, read), signals }
}

/** 0…99, evenly spread, the same for the same text on every node (FNV-1a). */
export function bucketOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0
  return hash % 100
}
