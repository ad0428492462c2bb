/** Everything that is worth a line in the audit trail. A passed request is not: it has its access log line. */
export type AuditKind =
  | 'gateway.started'
  | 'gateway.stopped'
  | 'config.loaded'
  | 'config.rejected'
  | 'gateway.failed'
  /** Its own clock jumped, or an API's is far from it. */
  | 'clock.skewed'
  | 'login.succeeded'
  | 'login.failed'
  | 'login.throttled'
  | 'session.step_up_failed'
  | 'password.changed'
  | 'recovery.requested'
  | 'recovery.mailed'
  | 'recovery.opened'
  | 'password.locked'
  | 'factor.added'
  | 'factor.removed'
  | 'factor.counter_regressed'
  | 'factor.recovery_codes_made'
  | 'factor.recovery_code_used'
  | 'logout'
  | 'session.started'
  | 'session.rotated'
  | 'session.ended'
  /** All sessions of all accounts, at once. */
  | 'session.all_ended'
  | 'visit.started'
  | 'account.added'
  | 'account.disabled'
  | 'account.enabled'
  | 'account.password_set'
  | 'account.mail_set'
  | 'account.reset_forced'
  | 'account.erased'
  | 'account.exported'
  | 'account.roles_set'
  /** An administrator asked for a change, and said why; written before it is made. */
  | 'admin.acted'
  | 'admin.invited'
  | 'action_token.reused'
  | 'machine_key.added'
  | 'machine_key.revoked'
  | 'machine_key.expiring'
  | 'identity.linked'
  | 'identity.parted'
  | 'grant.ended'
  | 'grant.revoked'
  | 'provider.logout'
  | 'request.refused'
  | 'ban.started'
  | 'ban.lifted'
  | 'challenge.cleared'
  | 'challenge.failed'
  | 'jwt.refused'
  | 'jwt.revoked'
  | 'honey.made'
  | 'honey.presented'
  | 'decoy.served'
  | 'decoy.canary'
  | 'secret.added'
  | 'secret.rotated'
  | 'secret.revoked'
  | 'secret.expiring'
  | 'secret.reflected'
  /** The API answered 401 to the credential in use; another one was tried. */
  | 'credential.rejected'
  /** By a rule of the guard, or by a command: no call gets it. */
  | 'credential.disabled'
  | 'credential.enabled'
  | 'key.added'
  | 'key.rotated'
  | 'key.revoked'
  | 'vault.created'
  | 'vault.rekeyed'
  | 'vault.open_failed'
  | 'upstream.failed'
  | 'upstream.tls_failed'
  | 'guard.noted'
  | 'guard.demoted'
  | 'guard.disarmed'
  | 'guard.armed'
  | 'audit.lost'
  | 'audit.folded'
  | 'audit.unsigned'
  | 'audit.broken'
  | 'audit.pruned'
  | 'notice.failed'
  | 'backup.created'
  | 'backup.restored'
  | 'panic.begun'
  | 'panic.lifted'
  | 'certificate.loaded'
  | 'certificate.refused'

export type AuditResult = 'ok' | 'refused' | 'failed'

/** Who did it. With `admin`, `account` is an administrator's name, who is never a visitor of that name, unless a session of a visitor was ended: then it is that visitor's. With `machine-key`, `account` is the key's name and `session` its public part. Else `session` is a keyed hash of the session's store key: constant for one session, useless as a cookie. */
export interface AuditActor {
  readonly via: 'browser' | 'machine-key' | 'jwt' | 'admin' | 'command' | 'gateway'
  readonly account: string | null
  readonly session: string | null
}

/** One entry of the audit trail. Holds no secret, no cookie, no body; the query string is never part of `target`. */
export interface AuditEvent {
  readonly kind: AuditKind
  /** ISO 8601, UTC, milliseconds, `Z`. */
  readonly at: string
  /** The request that caused it, null for the command line and for the gateway's own acts. */
  readonly request: string | null
  readonly actor: AuditActor
  /** The visitor's address, null when there is none. */
  readonly address: string | null
  /** What it was done to: a route, an account, a credential. */
  readonly target: string | null
  readonly result: AuditResult
  /** A code from the table of errors, or the reason that a session ended. */
  readonly reason: string | null
  /** The rule that decided, null when none did. */
  readonly rule: string | null
  readonly detail: Readonly<Record<string, string | number | boolean>>
}
