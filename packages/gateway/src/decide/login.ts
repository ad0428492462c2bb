import type { Instant } from './head.ts'
import { isSecondFactor } from './freshness.ts'
import type { Factor, FactorKind } from './session.ts'

/** How far somebody has come. */
export type LoginStep =
  /** Who is it? The password, or a passkey that stands for both. */
  | 'identify'
  | 'second-factor'
  /** The owner demands a second factor, and the account has none: it gets one now. */
  | 'enrol'
  /** The owner demands a new password, and the old one is all that was shown: the link that was mailed begins a recovery. */
  | 'mail-link'
  /** The owner demands a new password, or it was forgotten. */
  | 'new-password'

/** A login in progress. */
export interface LoginState {
  readonly step: LoginStep
  readonly factors: readonly Factor[]
  /** It began with a link that was mailed: it leads to a new password, never to a session. */
  readonly isRecovery?: true
}

/** What somebody did. `enrolled-…`: a new factor was shown once and is stored. `mail-link`: whoever reads the account's mail. */
export type ProofKind = FactorKind | 'enrolled-totp' | 'enrolled-passkey' | 'new-password' | 'mail-link'

/** One proof and whether it held. A proof for an account that does not exist never holds. */
export interface Proof {
  readonly kind: ProofKind
  readonly holds: boolean
}

/** What a login depends on besides the proof. Null for an account that does not exist. */
export interface LoginStanding {
  readonly hasSecondFactor: boolean
  /** The owner demands one of this account. */
  readonly needsSecondFactor: boolean
  readonly needsNewPassword: boolean
  /** A link can be mailed to the account. */
  readonly hasMail: boolean
  readonly isDisabled: boolean
  readonly isPasswordLocked: boolean
  /** The browser carries the device cookie of an earlier login to this account. */
  readonly isKnownDevice: boolean
  /** What a session of this account stood on that ended for being idle, in this browser; none where it may not be resumed. */
  readonly resumable?: readonly Factor[]
}

export type LoginMove =
  | { readonly kind: 'next'; readonly state: LoginState }
  | { readonly kind: 'grant'; readonly factors: readonly Factor[] }
  /** The new password counts; it is to be signed in with. */
  | { readonly kind: 'recovered' }
  /** `why` is for the audit trail; a visitor reads the same words for each. */
  | { readonly kind: 'refusal'; readonly why: LoginRefusal }

export type LoginRefusal = 'unknown' | 'wrong' | 'disabled' | 'locked' | 'out-of-order'

export const LOGIN_START: LoginState = { step: 'identify', factors: [] }

/** The table: what each step takes. Everything else is refused. */
export const TAKES: Readonly<Record<LoginStep, readonly ProofKind[]>> = {
  identify: ['password', 'passkey', 'oidc', 'mail-link'],
  'second-factor': ['totp', 'passkey', 'recovery-code'],
  enrol: ['enrolled-totp', 'enrolled-passkey'],
  'mail-link': [],
  'new-password': ['new-password'],
}

/** One step of a login. What the table does not name is refused: no proof is skipped, none counts twice. */
export function advanceLogin(state: LoginState, proof: Proof, standing: LoginStanding | null, at: Instant): LoginMove {
  const gained = factorOf(proof.kind)
  const isRepeated = gained !== null && state.factors.some(({ kind }) => kind === gained)
  if (!TAKES[state.step].includes(proof.kind) || isRepeated) return refusal('out-of-order')
  if (standing === null) return refusal('unknown')
  if (!proof.holds) return refusal('wrong')
  if (standing.isDisabled) return refusal('disabled')
  // A lock that strangers have caused must not keep the owner out of what she signed in from before (ASVS 6.1.1).
  if (proof.kind === 'password' && standing.isPasswordLocked && !standing.isKnownDevice) return refusal('locked')
  // With the time at which it was shown: what asks for a fresh proof asks again.
  const kept = proof.kind === 'password' ? (standing.resumable ?? []).filter(({ kind }) => isSecondFactor(kind)) : []
  const factors = gained === null ? state.factors : [...state.factors, { kind: gained, at }, ...kept]
  if (state.isRecovery === true || proof.kind === 'mail-link') {
    const step = recoveryAfter(factors, standing, proof.kind)
    return step === null ? { kind: 'recovered' } : { kind: 'next', state: { step, factors, isRecovery: true } }
  }
  const step = stepAfter(factors, standing, proof.kind)
  return step === null ? { kind: 'grant', factors } : { kind: 'next', state: { step, factors } }
}

/** The link stands for the password alone: a second factor is asked for all the same, and none is added or removed (NIST SP 800-63B-4 §4.2.2.2). */
function recoveryAfter(factors: readonly Factor[], { hasSecondFactor }: LoginStanding, proof: ProofKind): LoginStep | null {
  if (hasSecondFactor && !factors.some(({ kind }) => isSecondFactor(kind))) return 'second-factor'
  return proof === 'new-password' ? null : 'new-password'
}

function stepAfter(factors: readonly Factor[], standing: LoginStanding, proof: ProofKind): LoginStep | null {
  // A passkey with user verification is two factors: the device and what unlocks it (NIST SP 800-63B-4 §2.2.1).
  if (!factors.some(({ kind }) => isSecondFactor(kind))) {
    if (standing.hasSecondFactor) return 'second-factor'
    // Before anything is added or replaced: a password that its owner distrusts shows nothing of who holds it.
    if (standing.needsNewPassword && standing.hasMail && factors.every(({ kind }) => kind === 'password')) return 'mail-link'
    if (standing.needsSecondFactor) return 'enrol'
  }
  // Last: whoever knows the old password and nothing else must not choose the new one.
  return standing.needsNewPassword && proof !== 'new-password' ? 'new-password' : null
}

/** What a proof adds to the session. */
function factorOf(proof: ProofKind): FactorKind | null {
  switch (proof) {
    case 'enrolled-totp':
      return 'totp'
    case 'enrolled-passkey':
      return 'passkey'
    case 'new-password':
    case 'mail-link':
      return null
    default:
      return proof
  }
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
