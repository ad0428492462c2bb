import type { Instant } from './head.ts'
import type { SecondFactor } from './policy.ts'
import { type Factor, type FactorKind, type Session, SKEW_MS } from './session.ts'

/** Proofs that count as a second one beside the password. */
const SECOND: readonly FactorKind[] = ['totp', 'passkey', 'recovery-code']

export function isSecondFactor(kind: FactorKind): boolean {
  return SECOND.includes(kind)
}

export function hasSecondFactor({ factors }: Pick<Session, 'factors'>): boolean {
  return factors.some(({ kind }) => isSecondFactor(kind))
}

/** Does the owner demand a second factor of an account with these roles? */
export function demandsSecondFactor(demand: SecondFactor, roles: readonly string[]): boolean {
  switch (demand.kind) {
    case 'optional':
      return false
    case 'required':
      return true
    case 'roles':
      return demand.roles.some((role) => roles.includes(role))
  }
}

/** When its owner last showed that it is he. Where a second factor was shown, only a second factor counts: a password alone must not refresh it. */
export function provenAt({ factors }: Pick<Session, 'factors'>): Instant | null {
  const second = factors.filter(({ kind }) => isSecondFactor(kind))
  const times = (second.length > 0 ? second : factors).map(({ at }) => at)
  return times.length === 0 ? null : Math.max(...times)
}

/** Was the last proof given within this time? One from the future has no age that could be believed. */
export function isFresh(session: Pick<Session, 'factors'>, withinMs: number, at: Instant): boolean {
  const proven = provenAt(session)
  return proven !== null && at - proven < withinMs && proven - at <= SKEW_MS
}

/** The session's proofs with one more: of each kind the latest. */
export function withFactor(factors: readonly Factor[], fresh: Factor): readonly Factor[] {
  return [...factors.filter(({ kind }) => kind !== fresh.kind), fresh]
}
