import type { ActionProof } from './action.ts'
import type { Difficulty } from './challenge.ts'
import type { Count, Hit } from './counters.ts'
import type { Subject } from './guard.ts'
import type { Judged, Measure } from './guard-judge.ts'
import type { RequestHead } from './head.ts'
import type { Route } from './route.ts'
import type { RevokeReason, Session, SessionId, Visitor } from './session.ts'

/** All that a decision may depend on. */
export interface Facts {
  readonly head: RequestHead
  readonly route: Route
  readonly visitor: Visitor
  readonly counts: readonly Count[]
  readonly action: ActionProof
}

/** Codes that a judgement may refuse with; errors.ts holds their status and text. */
export type RefusalCode =
  | 'not_found'
  | 'method_not_allowed'
  | 'method_refused'
  | 'misdirected'
  | 'plain_http'
  | 'duplicate_cookie'
  | 'cross_site'
  | 'csrf_header_missing'
  | 'destination_refused'
  | 'session_required'
  | 'session_replaced'
  | 'second_factor_required'
  | 'visit_required'
  | 'role_required'
  | 'visit_exhausted'
  | 'locked_down'
  | 'jwt_required'
  | 'jwt_refused'
  | 'jwt_scope'
  | 'machine_key_in_browser'
  | 'machine_key_refused'
  | 'machine_key_scope'
  | 'machine_key_rate'
  | 'action_token_missing'
  | 'action_token_refused'
  | 'action_token_spent'
  | 'throttled'
  | 'blocked'
  | 'banned'
  | 'challenge_required'

/** What `RateLimit` and `RateLimit-Policy` say (draft-ietf-httpapi-ratelimit-headers). */
export interface RateLimit {
  readonly policy: string
  readonly limit: number
  readonly windowMs: number
  readonly remaining: number
  readonly resetMs: number
}

export type Reply =
  | {
      readonly kind: 'problem'
      readonly code: RefusalCode
      readonly allow?: readonly string[]
      readonly retryAfterMs?: number
      readonly rateLimit?: RateLimit
    }
  /** A person who is to sign in: the login page for a navigation, 401 for everything else. */
  | { readonly kind: 'login' }
  /** A person who is to show once more that it is he, with a proof no older than that: a page for a navigation, RFC 9470's challenge for everything else. */
  | { readonly kind: 'step-up'; readonly maxAgeMs: number }
  /** The owner demands a second factor, and this session stands on a password alone: the page on which one is added, or a refusal. */
  | { readonly kind: 'enrol' }
  /** Proof of work first; `status` is the block where that cannot be asked for. */
  | { readonly kind: 'challenge'; readonly route: string; readonly difficulty: Difficulty; readonly status: 403 | 404 }
  /** An answer that looks true and is not; `status` is the block where there is none for this path. */
  | {
      readonly kind: 'decoy'
      readonly profile: string
      /** Whoever has the same one gets the same answer. */
      readonly seed: string
      readonly latency: 'like_upstream' | 'none'
      readonly watermark: boolean
      readonly status: 403 | 404
    }
  /** The same block, slowly. */
  | { readonly kind: 'tarpit'; readonly ms: number; readonly status: 403 | 404 }
  /** A navigation to another name or scheme of this very site: go to the one that the browser should use. */
  | { readonly kind: 'redirect'; readonly location: string }
  /** OPTIONS is answered here and never forwarded. `origin` is set when it is an allowed origin's preflight. */
  | { readonly kind: 'options'; readonly allow: readonly string[]; readonly origin: string | null }

export type Effect =
  | { readonly do: 'touch'; readonly session: SessionId }
  /** A machine key was used: its owner sees when and from where. */
  | { readonly do: 'note-key'; readonly key: string }
  /** `within` is asked once more before: it is counted only when a visit would begin. Null where nothing bounds it. */
  | { readonly do: 'start-visit'; readonly within: Hit | null }
  /** A rule of the guard asked for it, besides its answer. */
  | { readonly do: 'measure'; readonly measure: Measure; readonly subject: Subject }
  /** What the rules scored. */
  | { readonly do: 'count'; readonly hits: readonly Hit[] }
  /** Time ended it: note it in the store and in the audit trail, once. */
  | { readonly do: 'end-expired'; readonly session: Session; readonly because: RevokeReason }

/** What the judgement rests on, for the log and for `explain`: each step's name with its outcome. */
export interface Evidence {
  readonly route: string | null
  readonly steps: readonly string[]
}

export type Decision =
  | {
      readonly verdict: 'pass'
      readonly route: Route
      readonly visitor: Visitor
      readonly evidence: Evidence
      readonly effects: readonly Effect[]
      /** What the rules of the guard made of it; left out when none held. */
      readonly guard?: Judged
    }
  | {
      readonly verdict: 'refuse'
      readonly reply: Reply
      readonly visitor: Visitor | null
      readonly evidence: Evidence
      readonly effects: readonly Effect[]
      /** What the rules of the guard made of it; left out when none held. */
      readonly guard?: Judged
    }
