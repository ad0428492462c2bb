import { auditEvent } from '../audit/event.ts'
import type { GuardAction } from '../decide/guard-action.ts'
import { addressOf } from '../decide/guard-keys.ts'
import type { Subject } from '../decide/guard.ts'
import type { Policy } from '../decide/policy.ts'
import type { AuditPart } from '../parts.ts'
import { actorOf } from '../recognition.ts'
import type { HoldStore } from '../store/holds.ts'

export interface HoldMeasureOptions {
  readonly store: Pick<HoldStore, 'add'>
  readonly audit: AuditPart
  readonly policy: () => Policy
}

/** Disables the credential that a rule names, or that of the request's API, until a person enables it; whoever comes second changes nothing. */
export function createHoldMeasure({ store, audit, policy }: HoldMeasureOptions) {
  return async (rule: string, { credential }: Extract<GuardAction, { kind: 'disable_credential' }>, subject: Subject): Promise<void> => {
    const { head, route, event, visitor, at } = subject
    // A route without a credential, such as the website's own files, has nothing to disable.
    const name = credential ?? policy().apis.find((api) => api.name === route.api)?.credential ?? null
    if (name === null || !(await store.add({ credential: name, since: at, rule, reason: null }))) return
    await audit.commit(
      auditEvent({
        at,
        kind: 'credential.disabled',
        request: head?.id ?? event?.request ?? null,
        address: addressOf(subject),
        actor: actorOf(visitor),
        target: name,
        rule,
      }),
    )
  }
}
