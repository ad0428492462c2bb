import type { AuditEvent } from '@cloakroom/contract'
import type { Instant } from '../decide/head.ts'
import type { MachineKeyStore } from '../store/store.ts'
import { auditEvent } from './event.ts'

/** What ends soon. The vault's own word for it is in vault/expiring.ts. */
export interface Expiring {
  readonly name: string
  readonly version: number
  readonly notAfter: Instant
}

/** Fourteen days: time to get a new key from a provider that answers by mail, or to reach the partner who runs the program. */
export const WARN_MS = 14 * 24 * 3_600_000

/** A warning for each credential and each key of a program that is about to end, before calls begin to fail; of one that has ended, for as long again. */
export async function expiryWarnings(
  expiring: (at: Instant, withinMs: number) => readonly Expiring[],
  machineKeys: Pick<MachineKeyStore, 'list'>,
  at: Instant,
): Promise<readonly AuditEvent[]> {
  const warn = (kind: 'secret.expiring' | 'machine_key.expiring', target: string, end: Instant, detail: AuditEvent['detail']) =>
    auditEvent({ kind, at, target, result: end > at ? 'ok' : 'failed', detail: { ...detail, notAfter: new Date(end).toISOString() } })
  const secrets = expiring(at, WARN_MS).map(({ name, version, notAfter }) => warn('secret.expiring', name, notAfter, { version }))
  const keys = (await machineKeys.list()).flatMap(({ id, name, expiresAt, revokedAt }) =>
    revokedAt === null && expiresAt !== null && Math.abs(expiresAt - at) <= WARN_MS
      ? [warn('machine_key.expiring', name, expiresAt, { id })]
      : [],
  )
  return [...secrets, ...keys]
}
