import type { Command } from 'commander'
import { addAuditExport } from './audit-export.ts'
import { addAuditPrune } from './audit-prune.ts'
import { addAuditTail } from './audit-tail.ts'
import { addAuditVerify } from './audit-verify.ts'
import { addAuditWebhookKey } from './audit-webhook-key.ts'
import type { Does } from './world.ts'

/** `cloakroom audit …`: what happened, and whether the record is true. */
export function addAudit(program: Command, does: Does): void {
  const audit = program.command('audit').description('Read the audit trail, prove that nobody changed it, and delete what is over.')
  for (const add of [addAuditVerify, addAuditTail, addAuditExport, addAuditPrune, addAuditWebhookKey]) add(audit, does)
}
