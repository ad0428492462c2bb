import type { GuardAction, KeyPart } from './guard-action.ts'
import type { Meter } from './meter.ts'
import type { Clearance } from './challenge.ts'
import type { Instant, RequestHead, RequestId } from './head.ts'
import type { Visitor } from './session.ts'

/** True, false, or unknown: a body that was cut, a database that was not there. */
export type Held = boolean | 'unknown'

export type Mode =
  | { readonly kind: 'off' | 'shadow' | 'enforce' }
  /** Enforced for so many of a hundred actors, always the same ones; shadow for the others. */
  | { readonly kind: 'canary'; readonly percent: number }

export type Phase = 'request' | 'response' | 'event'

/** Where in the gateway: an API's route, the site, one of the own endpoints (`login`), or nowhere (`none`). */
export interface GuardRoute {
  readonly id: string
  readonly kind: 'api' | 'site' | 'own' | 'none'
  readonly api: string | null
}

export interface GuardEvent {
  /** As in the audit trail: `login.failed`. */
  readonly type: string
  readonly at: Instant
  readonly request: RequestId | null
  readonly address: string | null
  /** The account's name; null when there is none of that name. */
  readonly account: string | null
  readonly reason: string | null
}

/** All that a condition may look at. Each part is null where the phase does not have it. */
export interface Subject {
  readonly phase: Phase
  readonly at: Instant
  readonly head: RequestHead | null
  readonly route: GuardRoute
  /** Null when nobody asked who it is: no condition of this request needs it. */
  readonly visitor: Visitor | null
  /** Challenges that this request's pass has cleared. */
  readonly cleared?: readonly Clearance[]
  /** Does the request's head hold such a mark? Asked only by a condition that wants to know. */
  readonly presents?: (mark: 'honey' | 'decoy') => boolean
  readonly answer: {
    readonly status: number
    readonly bytes: number | null
    readonly ms: number | null
    readonly code: string | null
  } | null
  readonly event: GuardEvent | null
}

/** What a signal says now. */
export interface Reading {
  readonly over: boolean
  readonly count: number
  /** Null for a signal without one. */
  readonly limit: number | null
  readonly windowMs: number | null
  readonly retryAfterMs: number
}

/** Null for a signal that does not exist for this subject: a stranger has no session to count. */
export type ReadSignal = (signal: string) => Reading | null

/** One part of a condition and what it came to, as text: `session.age` → `00:14:22`. */
export interface TraceStep {
  readonly text: string
  readonly value: string
}

/** A condition, compiled. Reads nothing but its arguments. */
export interface Condition {
  readonly text: string
  /** Facts that it names: `session.age`, `signal.probe`. */
  readonly reads: readonly string[]
  holds(subject: Subject, read: ReadSignal): Held
  trace(subject: Subject, read: ReadSignal): readonly TraceStep[]
}

/** Where a rule or a signal could apply at all, for the index. Null: everywhere. */
export interface Scope {
  readonly routes: readonly string[] | null
  readonly apis: readonly string[] | null
  readonly methods: readonly string[] | null
}

/** Beyond its condition: what a rule must never touch. */
export interface RuleLimits {
  readonly methods: readonly string[] | null
  readonly neverIf: Condition | null
  /** Of the sessions seen in the last minutes; beyond it the rule demotes itself to shadow. Null: never. */
  readonly sessionShare: number | null
}

export interface Rule {
  readonly id: string
  readonly mode: Mode
  readonly phase: Phase
  readonly when: Condition
  readonly scope: Scope
  readonly actions: readonly GuardAction[]
  /** When the condition is unknown. */
  readonly onUnknown: 'act' | 'skip'
  /** When the store cannot say what the signals are: count in this process alone, or refuse. */
  readonly storeDown: 'local' | 'refuse'
  readonly owner: string | null
  /** ISO dates. */
  readonly reviewBy: string | null
  readonly since: string | null
  readonly limits: RuleLimits
}

export interface Signal {
  readonly name: string
  readonly on: 'request' | 'response' | 'event' | 'decision'
  readonly when: Condition | null
  readonly scope: Scope
  readonly key: readonly KeyPart[]
  readonly meter: Meter
  /** What is summed, or counted once. */
  readonly of: ((subject: Subject) => string | number | null) | null
  readonly maxKeys: number
}

/** guard.yaml, compiled. Immutable; what changes while it runs is a GuardState. */
export interface Guard {
  readonly rules: readonly Rule[]
  readonly signals: readonly Signal[]
  /** Addresses that no rule bans, whatever they do; null when there are none. */
  readonly neverBanned: ((address: string) => boolean) | null
}

/** What the owner, or the guard itself, changed since it was loaded. */
export interface GuardState {
  /** False: every rule acts as if in shadow. */
  readonly armed: boolean
  /** Rules that demoted themselves to shadow. */
  readonly demoted: ReadonlySet<string>
}
