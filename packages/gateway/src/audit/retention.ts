import type { AuditKind } from '@cloakroom/contract'

/** Kinds of one worth and one volume: how long each is kept is the owner's decision. */
export type AuditCategory = 'refusals' | 'signIns' | 'operation' | 'changes'

/** Milliseconds. */
export type Retention = Readonly<Record<AuditCategory, number>>

type Listed = Exclude<AuditCategory, 'changes'>

/** What strangers can cause in any number. */
const REFUSALS: readonly AuditKind[] = [
  'request.refused',
  'login.throttled',
  'recovery.requested',
  'visit.started',
  'challenge.cleared',
  'challenge.failed',
  'decoy.served',
  'jwt.refused',
  'audit.folded',
]

const SIGN_INS: readonly AuditKind[] = [
  'login.succeeded',
  'login.failed',
  'logout',
  'session.started',
  'session.rotated',
  'session.ended',
  'password.changed',
  'recovery.mailed',
  'recovery.opened',
  'password.locked',
]

const OPERATION: readonly AuditKind[] = [
  'gateway.started',
  'gateway.stopped',
  'gateway.failed',
  'clock.skewed',
  'upstream.failed',
  'upstream.tls_failed',
  'certificate.loaded',
  'certificate.refused',
  'secret.expiring',
  'machine_key.expiring',
  'notice.failed',
]

/** All others are changes to accounts, secrets, rules, the configuration and the trail itself: what one looks for after a breach. */
export const KINDS_OF: Readonly<Record<Listed, readonly AuditKind[]>> = {
  refusals: REFUSALS,
  signIns: SIGN_INS,
  operation: OPERATION,
}
