import type { Cause } from '../account/accounts.ts'
import { auditEvent } from '../audit/event.ts'
import { readAccountName } from '../decide/account-name.ts'
import type { Instant } from '../decide/head.ts'
import type { Random } from '../lib/random.ts'
import { ask } from '../store/ask.ts'
import type { Account } from '../store/store.ts'
import type { AdminSignIn } from './parts.ts'
import type { AuditPart } from '../parts.ts'
import type { Role } from './role.ts'

/** What changing administrators takes, in the gateway and on the command line. */
export interface ManageParts {
  readonly admins: Pick<AdminSignIn, 'stores' | 'sessions' | 'invitations' | 'factors'>
  readonly audit: AuditPart
  readonly random: Random
}

export type InviteOutcome =
  | { readonly kind: 'invited'; readonly code: string; readonly expiresAt: Instant }
  | { readonly kind: 'refused'; readonly why: string }

/** An administrator without a password, and the code with which one is chosen. */
export async function inviteAdmin({ admins, audit, random }: ManageParts, name: string, role: Role, cause: Cause): Promise<InviteOutcome> {
  const read = readAccountName(name)
  if (read.kind === 'refused') return { kind: 'refused', why: read.why }
  const account: Account = {
    id: random(16).toString('base64url'),
    name: read.name,
    key: read.key,
    password: null,
    roles: [role],
    mail: null,
    language: null,
    disabledAt: null,
    failures: 0,
    passwordLockedAt: null,
    createdAt: cause.at,
    passwordChangedAt: null,
    lastLoginAt: null,
    resetRequiredAt: null,
  }
  if (!(await ask(() => admins.stores.accounts.insert(account))))
    return { kind: 'refused', why: `There is an administrator ${read.name} already.` }
  await audit.commit(auditEvent({ ...cause, kind: 'admin.invited', target: account.name, detail: { role } }))
  return { kind: 'invited', ...admins.invitations.codeFor(account) }
}

/** Ends the sessions, takes password and factors away, and makes another code. */
export async function resetAdmin({ admins, audit }: ManageParts, account: Account, cause: Cause): Promise<InviteOutcome> {
  // Above the moment of every invitation before: one within the same millisecond must not be the same code.
  const since = Math.max(cause.at, (account.resetRequiredAt ?? account.createdAt) + 1)
  const reset = { password: null, resetRequiredAt: since, failures: 0, passwordLockedAt: null, disabledAt: null }
  const changed = await ask(() => admins.stores.accounts.update(account.id, reset))
  if (changed === null) return { kind: 'refused', why: 'The account is gone.' }
  await ask(() => admins.stores.factors.removeAll(account.id))
  const sessions = await ask(() => admins.sessions.endAll(account.id, cause.at, 'reset-forced'))
  await audit.commit(auditEvent({ ...cause, kind: 'admin.invited', target: account.name, reason: 'reset', detail: { sessions } }))
  return { kind: 'invited', ...admins.invitations.codeFor(changed) }
}

/** From the next request on (REV-10): the sessions' rows carry the roles, and are brought up to date with them. */
export async function setAdminRole({ admins, audit }: ManageParts, account: Account, role: Role, cause: Cause): Promise<void> {
  await ask(() => admins.stores.accounts.update(account.id, { roles: [role] }))
  await ask(() => admins.stores.sessions.setRoles(account.id, [role]))
  await audit.commit(
    auditEvent({ ...cause, kind: 'account.roles_set', target: account.name, detail: { roles: role, administrator: true } }),
  )
}
