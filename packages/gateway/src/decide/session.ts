import type { Bearer } from './bearer.ts'
import type { Instant } from './head.ts'
import type { MachineKey } from './machine-key.ts'
import type { SessionLimits } from './policy.ts'

/** SHA-256 of the cookie's value, base64url: the store never sees the value itself. */
export type SessionId = string
export type AccountId = string

/** What a person can show to prove who it is. */
export type FactorKind = 'password' | 'totp' | 'passkey' | 'recovery-code' | 'oidc'

export interface Factor {
  readonly kind: FactorKind
  readonly at: Instant
}

export type RevokeReason =
  | 'logout'
  | 'replaced'
  | 'idle'
  | 'absolute'
  | 'limit'
  | 'account-disabled'
  | 'password-changed'
  | 'factors-changed'
  | 'reset-forced'
  | 'ended-by-owner'
  /** The provider ended its session, or gives no more tokens for it. */
  | 'ended-by-provider'
  | 'ended-by-user'
  | 'ended-by-guard'

export interface Session {
  readonly id: SessionId
  readonly account: AccountId
  /** The account's name when the session began: what its owner calls himself. */
  readonly name: string
  /** Of the account when the session began; a session of an older generation is dead. */
  readonly generation: number
  readonly factors: readonly Factor[]
  readonly createdAt: Instant
  readonly authenticatedAt: Instant
  /** Last activity, at most TOUCH_MS old. */
  readonly seenAt: Instant
  readonly address: string
  readonly agent: string
  /** What else the browser said of itself at sign-in; see drift.ts. Empty when nobody knows. */
  readonly traits: string
  readonly revoked: { readonly at: Instant; readonly because: RevokeReason } | null
}

/** What the hot store knows of an account: raising the generation ends all its sessions at once, on every node. */
export interface Standing {
  readonly generation: number
  readonly roles: readonly string[]
}

export interface Claim {
  readonly session: Session
  readonly standing: Standing
}

/** A bounded anonymous visit; sealed in a cookie, no row. */
export interface Visit {
  readonly id: string
  readonly startedAt: Instant
}

export type Visitor =
  /** `stale` says why a session that was shown counts no more; `expired` is that session when time ended it and nobody noted it yet. */
  | { readonly kind: 'stranger'; readonly stale: RevokeReason | null; readonly expired: Session | null }
  | { readonly kind: 'visitor'; readonly visit: Visit }
  /** A program with a key of its own. */
  | { readonly kind: 'machine'; readonly key: MachineKey; readonly note: boolean }
  /** A program with a JWT of an issuer that the owner trusts. */
  | { readonly kind: 'bearer'; readonly bearer: Bearer }
  | { readonly kind: 'known'; readonly session: Session; readonly roles: readonly string[]; readonly touch: boolean }

/** Activity is written down once a minute: a session may end up to this much before its idle limit, never after it (SES-26). */
export const TOUCH_MS = 60_000
/** Under a short idle limit more often, or a busy visitor would be taken for an idle one. */
const TOUCHES_PER_IDLE = 10
/** How far the clocks of gateways on one store may differ. */
export const SKEW_MS = 300_000

/** Who is it? A claim that is revoked, outdated or expired makes a stranger, and says why. */
export function identify(claim: Claim | null, visit: Visit | null, limits: SessionLimits, at: Instant): Visitor {
  if (claim !== null) {
    const stale = staleness(claim, limits, at)
    if (stale === null) {
      const { session, standing } = claim
      return {
        kind: 'known',
        session,
        roles: standing.roles,
        touch: at - session.seenAt >= Math.min(TOUCH_MS, limits.idleMs / TOUCHES_PER_IDLE),
      }
    }
    if (visit === null)
      return { kind: 'stranger', stale, expired: stale === 'idle' || stale === 'absolute' ? unnoted(claim.session) : null }
  }
  return visit === null ? { kind: 'stranger', stale: null, expired: null } : { kind: 'visitor', visit }
}

/** Why a session counts no more; null while it does. One from the future has no age that could be believed, and ends: a clock that jumped back prolongs nothing. */
export function staleness({ session, standing }: Claim, limits: SessionLimits, at: Instant): RevokeReason | null {
  if (session.revoked !== null) return session.revoked.because
  if (session.generation !== standing.generation) return 'ended-by-owner'
  if (at - session.authenticatedAt >= limits.absoluteMs || Math.max(session.authenticatedAt, session.seenAt) - at > SKEW_MS)
    return 'absolute'
  if (at - session.seenAt >= limits.idleMs) return 'idle'
  return null
}

/** May this session be opened again by less than a whole sign-in? Only time has ended it, and only for lack of use (NIST SP 800-63B-4 §2.2.3). */
export function isIdledOut({ session, standing }: Claim, limits: SessionLimits, at: Instant): boolean {
  if (session.revoked !== null && session.revoked.because !== 'idle') return false
  return staleness({ session: { ...session, revoked: null }, standing }, limits, at) === 'idle'
}

function unnoted(session: Session): Session | null {
  return session.revoked === null ? session : null
}

/** When the session ends at the latest, and when it ends if nothing happens. */
export function expiries(session: Session, limits: SessionLimits): { readonly absolute: Instant; readonly idle: Instant } {
  const absolute = session.authenticatedAt + limits.absoluteMs
  return { absolute, idle: Math.min(session.seenAt + limits.idleMs, absolute) }
}
