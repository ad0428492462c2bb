import type { ChallengeView } from '@cloakroom/contract'
import type { Answer } from './answer.ts'
import type { Ban } from './decide/ban.ts'
import type { Clearance, Difficulty } from './decide/challenge.ts'
import type { Instant, RequestHead } from './decide/head.ts'
import type { Visitor } from './decide/session.ts'
import type { Awaitable } from './lib/awaitable.ts'

/* What a rule of the guard can do to a visitor, as gateway.ts needs it. */

export interface BansPart {
  /** The ban that shuts this address, or whoever it is, out of this route; null when none does. `visitor` is null while nobody knows; `route` null is no route. */
  find(client: string, visitor: Visitor | null, route: string | null, at: Instant): Awaitable<Ban | null>
}

export type RedeemedChallenge =
  | { readonly kind: 'cleared'; readonly clearance: Clearance; readonly setCookie: string }
  /** `another_visitor`: it was given to somebody else. `used`: it counted before. */
  | { readonly kind: 'refused'; readonly why: 'unreadable' | 'another_visitor' | 'used' | 'unsolved' }

export interface ChallengesPart {
  /** What this request's pass opens. Pure arithmetic, no store. */
  cleared(head: RequestHead): readonly Clearance[]
  /** A puzzle for whoever sent this request, to be handed in at `clearAt`. */
  make(head: RequestHead, route: string, difficulty: Difficulty, clearAt: string): Promise<ChallengeView>
  redeem(head: RequestHead, solution: string): Promise<RedeemedChallenge>
}

export interface TrapsPart {
  /** Is a planted credential, or a value of a decoy, anywhere in its head? */
  presents(head: RequestHead, mark: 'honey' | 'decoy'): boolean
  /** To whom the decoys were given whose values are in its head; see decoy/canary.ts. */
  canariesIn(head: RequestHead): readonly string[]
  /** The same of a piece of a body; for `honey` some text for each. */
  inBody(text: string, mark: 'honey' | 'decoy'): readonly string[]
}

export interface DecoyWish {
  readonly profile: string
  /** The same for the same visitor. */
  readonly seed: string
  readonly latency: 'like_upstream' | 'none'
  readonly watermark: boolean
}

export interface ServedDecoy {
  readonly answer: Answer
  /** Stands in its canaries, too; null without any. */
  readonly tag: string | null
}

export interface DecoysPart {
  /** A plausible answer that is not true; null when there is none for this path. Takes about as long as the API would. */
  serve(head: RequestHead, wish: DecoyWish): Awaitable<ServedDecoy | null>
}

export interface TarpitPart {
  /** The refusal, slowly; null when too many are held already. */
  slow(refusal: Answer, ms: number): Answer | null
}
