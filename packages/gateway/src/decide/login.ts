import type { Instant } from './head.ts'
import type { Factor, FactorKind } from './session.ts'

/** How far somebody has come. `awaits` is the one proof that is taken next. */
export interface LoginState {
  readonly factors: readonly Factor[]
  readonly awaits: FactorKind
}

/** One proof and whether it held. A proof for an account that does not exist never holds. */
export interface Proof {
  readonly kind: FactorKind
  readonly holds: boolean
}

/** What a login depends on besides the proof. Null for an account that does not exist. */
export interface LoginStanding {
  /** The proofs that this account demands, in this order. */
  readonly demands: readonly FactorKind[]
  readonly isDisabled: boolean
  readonly isPasswordLocked: boolean
  /** The browser carries the device cookie of an earlier login to this account. */
  readonly isKnownDevice: boolean
}

export type LoginMove =
  | { readonly kind: 'next'; readonly state: LoginState }
  | { readonly kind: 'grant'; readonly factors: readonly Factor[] }
  /** `why` is for the audit trail; a visitor reads the same words for each. */
  | { readonly kind: 'refusal'; readonly why: LoginRefusal }

export type LoginRefusal = 'unknown' | 'wrong' | 'disabled' | 'locked' | 'out-of-order'

export const LOGIN_START: LoginState = { factors: [], awaits: 'password' }

/** One step of a login. What the table does not name is refused: no proof is skipped, none counts twice. */
export function advanceLogin(state: LoginState, proof: Proof, standing: LoginStanding | null, at: Instant): LoginMove {
  if (proof.kind !== state.awaits || state.factors.some((factor) => factor.kind === proof.kind)) return refusal('out-of-order')
  if (standing === null) return refusal('unknown')
  if (!proof.holds) return refusal('wrong')
  if (standing.isDisabled) return refusal('disabled')
  // A lock that strangers have caused must not keep the owner out of what she signed in from before (ASVS 6.1.1).
  if (proof.kind === 'password' && standing.isPasswordLocked && !standing.isKnownDevice) return refusal('locked')
  const factors = [...state.factors, { kind: proof.kind, at }]
  const missing = standing.demands.find((kind) => !factors.some((factor) => factor.kind === kind))
  return missing === undefined ? { kind: 'grant', factors } : { kind: 'next', state: { factors, awaits: missing } }
}

/** What the store holds of wrong passwords in a row. */
export interface Failing {
  readonly failures: number
  readonly passwordLockedAt: Instant | null
}

/** Wrong passwords in a row after which the password alone opens nothing for `LOCK_MS`, and the further ones that lock it again. */
export const LOCK_AFTER = 50
const LOCK_AGAIN_AFTER = 10
/** Then it stays locked until its owner lifts it: NIST SP 800-63B-4 §3.2.2 allows 100 in a row, not 100 a day. */
export const LOCK_FOR_GOOD_AFTER = 100
/** A day: long enough that guessing is hopeless, short enough that a stranger's mischief ends by itself. */
export const LOCK_MS = 24 * 3_600_000

/** Does the password alone open nothing now? Wrong ones are not counted meanwhile: they were not judged. */
export function isLocked({ failures, passwordLockedAt }: Failing, at: Instant): boolean {
  if (passwordLockedAt === null) return false
  return failures >= LOCK_FOR_GOOD_AFTER || at < passwordLockedAt + LOCK_MS
}

/** The failure that locks next, for an account as it was read, open, before this attempt was counted. */
export function nextLock({ failures, passwordLockedAt }: Failing): number {
  if (passwordLockedAt === null) return LOCK_AFTER
  return Math.max(LOCK_AFTER, (Math.floor(failures / LOCK_AGAIN_AFTER) + 1) * LOCK_AGAIN_AFTER)
}

function refusal(why: LoginRefusal): LoginMove {
  return { kind: 'refusal', why }
}
