import * as z from 'zod'
import { auditEvent, type EventParts } from '../audit/event.ts'
import { parseDuration } from '../config/units.ts'
import { ask } from '../store/ask.ts'
import type { Hold } from '../store/holds.ts'
import type { CredentialView, VaultOutcome } from '../vault/outcome.ts'
import { usedSinceReplaced } from '../vault/superseded.ts'
import { type AdminCall, adminOf, refused, type Said, said } from './endpoint.ts'

export const moment = z.iso.datetime()

export const secretView = z.object({
  name: z.string(),
  kind: z.enum(['secret', 'window', 'oauth', 'client-certificate', 'signing-key']),
  placement: z.string().nullable(),
  origins: z.array(z.string()).describe('The only places where it may go.'),
  disabled: z.object({ since: moment, rule: z.string().nullable(), reason: z.string().nullable() }).nullable(),
  versions: z.array(
    z.object({
      version: z.int(),
      state: z.string(),
      fingerprint: z.string().nullable().describe('A keyed hash; for owners only.'),
      lastFour: z.string().nullable().describe('For owners only.'),
      notBefore: moment.nullable(),
      notAfter: moment.nullable(),
      createdAt: moment,
      lastUsedAt: moment.nullable(),
      unusedSince: moment.nullable().describe('Replaced then, and not used any more: safe to revoke. Null of any other.'),
    }),
  ),
})

export type SecretView = z.output<typeof secretView>

type VaultKind = 'secret.added' | 'secret.rotated' | 'secret.revoked' | 'key.added' | 'key.rotated' | 'key.revoked'

/** What came of a change to the vault, which is in the audit trail before the answer goes. */
export async function told(
  call: AdminCall,
  outcome: VaultOutcome,
  kind: VaultKind,
  more: EventParts['detail'] = {},
): Promise<Said<SecretView>> {
  if (outcome.kind === 'refused') {
    if (outcome.code === 'name_unknown' || outcome.code === 'version_unknown') return refused('not_found', outcome.text)
    return refused(outcome.code === 'name_exists' ? 'admin_conflict' : 'admin_request_refused', outcome.text)
  }
  const { credential } = outcome
  const detail = { version: credential.versions[0]?.version ?? 0, origins: credential.origins.join(' '), ...more }
  await call.parts.audit.commit(auditEvent({ ...call.cause, kind, target: credential.name, detail }))
  const held = await ask(() => call.parts.stores.holds.all())
  return said(showSecret(call, credential, held.get(credential.name) ?? null))
}

export function showSecret(call: AdminCall, { name, kind, placement, origins, versions }: CredentialView, hold: Hold | null): SecretView {
  const isOwner = adminOf(call).role === 'owner'
  const maybe = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
  return {
    name,
    kind: kind.is,
    placement,
    origins: [...origins],
    disabled: hold === null ? null : { since: new Date(hold.since).toISOString(), rule: hold.rule, reason: hold.reason },
    versions: versions.map((each) => {
      const replaced = usedSinceReplaced(each, versions)
      return {
        version: each.version,
        state: each.state,
        fingerprint: isOwner ? each.fingerprint : null,
        lastFour: isOwner ? each.lastFour : null,
        notBefore: maybe(each.notBefore),
        notAfter: maybe(each.notAfter),
        createdAt: new Date(each.createdAt).toISOString(),
        lastUsedAt: maybe(each.lastUsedAt),
        unusedSince: maybe(replaced === null || replaced.used ? null : replaced.since),
      }
    }),
  }
}

/** What stages a next version, as the body has it; a text that says why it cannot be read. */
export function stagedTimes({
  notBefore,
  notAfter,
  overlap,
}: {
  readonly notBefore?: string | undefined
  readonly notAfter?: string | undefined
  readonly overlap: string
}): { readonly notBefore: number | null; readonly notAfter: number | null; readonly retireAfterMs: number } | string {
  const retireAfterMs = parseDuration(overlap)
  if (retireAfterMs === null) return OVERLAP
  const read = (at: string | undefined): number | null => (at === undefined ? null : Date.parse(at))
  return { notBefore: read(notBefore), notAfter: read(notAfter), retireAfterMs }
}

export const OVERLAP = 'Write a time as a number and its unit, as in 24h or 0s.'
