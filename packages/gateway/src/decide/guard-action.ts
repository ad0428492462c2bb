import type { CredentialName } from './policy.ts'

/** What a key is made of: counters and bans are kept apart by these. `actor` is the account, else the visit, else the network. */
export type KeyPart = 'ip.addr' | 'ip.net' | 'ip.site' | 'visit' | 'session' | 'account' | 'route' | 'api' | 'actor'

/** What happens instead, when an answer cannot be given: a script cannot be shown a page, a decoy has no sample. */
export type Fallback = { readonly kind: 'block'; readonly status: BlockStatus }

export type BlockStatus = 403 | 404

/** What a rule does. `skip`, `score`, `tag`, `log`, `delay` and `notify` go on to the next rule; each of the others ends the walk. */
export type GuardAction =
  /** Later rules do none of these to this request; `all` of them when the list is null. */
  | { readonly kind: 'skip'; readonly kinds: readonly GuardActionKind[] | null }
  /** Adds to a signal that is fed `on: decision`. */
  | { readonly kind: 'score'; readonly signal: string; readonly points: number }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'critical' }
  /** 429. `retryAfterMs` null: as long as the rule's signals say. */
  | { readonly kind: 'throttle'; readonly retryAfterMs: number | null }
  /** Holds the request for so long, then goes on. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'challenge'; readonly difficulty: 'easy' | 'medium' | 'hard'; readonly otherwise: Fallback }
  | { readonly kind: 'step_up'; readonly factors: readonly string[]; readonly maxAgeMs: number; readonly otherwise: Fallback }
  | {
      readonly kind: 'decoy'
      readonly profile: string
      readonly seed: KeyPart
      readonly latency: 'like_upstream' | 'none'
      readonly watermark: boolean
      /** Also for somebody who is signed in, or a program with a key of its own. */
      readonly signedIn: boolean
      readonly otherwise: Fallback
    }
  /** Holds the connection for so long, then refuses. */
  | { readonly kind: 'tarpit'; readonly ms: number; readonly otherwise: Fallback }
  | { readonly kind: 'block'; readonly status: BlockStatus }
  /** `forMs`, doubled with each earlier ban at most `doublings` times. `scope`: route ids; null for everything. */
  | {
      readonly kind: 'ban'
      readonly key: readonly KeyPart[]
      readonly forMs: number
      readonly doublings: number
      readonly scope: readonly string[] | null
    }
  | { readonly kind: 'revoke'; readonly what: 'session' | 'account' }
  /** Null: the credential of the route. `byStrangers`: also when nobody who is known caused it. `otherwise` is what the request gets. */
  | {
      readonly kind: 'disable_credential'
      readonly credential: CredentialName | null
      readonly byStrangers: boolean
      readonly otherwise: Fallback
    }
  | { readonly kind: 'notify'; readonly channel: string }

export type GuardActionKind = GuardAction['kind']

/** The answers: a rule has at most one of them. What a rule does besides is a measure, and is done as well. */
export const ANSWERS: ReadonlySet<GuardActionKind> = new Set(['throttle', 'challenge', 'step_up', 'decoy', 'tarpit', 'block'])

/** Ends the walk over the rules, and the request: it never reaches the upstream. */
export const TERMINAL: ReadonlySet<GuardActionKind> = new Set([...ANSWERS, 'ban', 'revoke', 'disable_credential'])

/** Can the machinery of this kind be had? The loader refuses the others, so that no rule lets a visitor through for lack of one. */
export const DELIVERABLE: Readonly<Record<GuardActionKind, boolean>> = {
  skip: true,
  score: true,
  tag: true,
  log: true,
  throttle: true,
  delay: true,
  challenge: true,
  step_up: true,
  decoy: true,
  tarpit: true,
  block: true,
  ban: true,
  revoke: true,
  disable_credential: true,
  notify: true,
}
