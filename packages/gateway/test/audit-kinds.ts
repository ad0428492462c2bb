import { expect } from 'vitest'
import type { AuditKind } from '@cloakroom/contract'

/** What a command does, or `start` before the first request. */
export const BY_COMMAND = [
  'config.loaded',
  'config.rejected',
  'vault.created',
  'vault.rekeyed',
  'vault.open_failed',
  'backup.created',
  'account.exported',
  'account.erased',
  'backup.restored',
  'jwt.revoked',
  'session.all_ended',
  'panic.begun',
  'panic.lifted',
  'secret.added',
  'secret.rotated',
  'secret.revoked',
  'key.added',
  'key.rotated',
  'key.revoked',
  'account.added',
  'account.disabled',
  'account.enabled',
  'account.password_set',
  'account.reset_forced',
  'account.mail_set',
  'machine_key.added',
  'machine_key.revoked',
  'ban.started',
  'ban.lifted',
  'honey.made',
  'credential.disabled',
  'credential.enabled',
] as const satisfies readonly AuditKind[]

/** Ends the process; shown in stories/the-end-of-the-process.test.ts. */
export const LAST_WORDS = ['gateway.failed'] as const satisfies readonly AuditKind[]

/** All others: what a running gateway does. */
export type ByGateway = Exclude<AuditKind, (typeof BY_COMMAND)[number] | (typeof LAST_WORDS)[number]>

/** LOG-01: who, what, when, where, to what end; in one shape, whatever the kind. */
export const AUDIT_LINE = {
  kind: expect.stringMatching(/^[a-z_]+(?:\.[a-z_]+)?$/),
  at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  request: expect.toSatisfy((value) => value === null || /^[0-9a-f-]{36}$/.test(String(value))),
  actor: {
    via: expect.stringMatching(/^(?:browser|machine-key|jwt|admin|command|gateway)$/),
    account: expect.toSatisfy(isTextOrNull),
    session: expect.toSatisfy((value) => value === null || /^[A-Za-z0-9_-]{8,16}$/.test(String(value))),
  },
  address: expect.toSatisfy((value) => value === null || value === '127.0.0.1'),
  target: expect.toSatisfy(isTextOrNull),
  result: expect.stringMatching(/^(?:ok|refused|failed)$/),
  reason: expect.toSatisfy(isTextOrNull),
  rule: expect.toSatisfy(isTextOrNull),
  detail: expect.any(Object),
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}
