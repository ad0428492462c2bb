import { auditEvent } from '../audit/event.ts'
import type { AuditPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { Account, Stores } from '../store/store.ts'
import type { Cause } from './accounts.ts'

export const ROLE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/

export interface RoleParts {
  readonly stores: { readonly accounts: Pick<Stores['accounts'], 'update'>; readonly sessions: Pick<Stores['sessions'], 'setRoles'> }
  readonly audit: Pick<AuditPart, 'commit'>
}

/** Gives an account other roles: of its sessions they are asked at each request, so they count from the next one on (REV-10). Null: it is gone. */
export async function setRoles(
  { stores, audit }: RoleParts,
  { id, name }: Account,
  roles: readonly string[],
  cause: Cause,
): Promise<Account | null> {
  const changed = await ask(() => stores.accounts.update(id, { roles }))
  if (changed === null) return null
  await ask(() => stores.sessions.setRoles(id, roles))
  await audit.commit(auditEvent({ ...cause, kind: 'account.roles_set', target: name, detail: { roles: roles.join(' ') } }))
  return changed
}
