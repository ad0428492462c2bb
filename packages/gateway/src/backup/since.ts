import type { AuditEvent } from '@cloakroom/contract'

/** What was ended after a backup was made, as the events tell it. Restoring brings none of it back. */
export interface EndedSince {
  /** Accounts by name: closed at the end of the events. */
  readonly disabled: ReadonlySet<string>
  /** Of these the password was replaced, and the one in the backup may be known. */
  readonly passwords: ReadonlySet<string>
  /** Of these a new password was demanded, and none was set yet. */
  readonly resets: ReadonlySet<string>
  /** Of these recovery codes were used or replaced. */
  readonly recoveryCodes: ReadonlySet<string>
  readonly factors: readonly { readonly account: string; readonly id: string }[]
  readonly identities: readonly { readonly account: string; readonly issuer: string; readonly subject: string }[]
  /** By their public part. */
  readonly machineKeys: ReadonlySet<string>
  /** `version` null: all that there were. */
  readonly secrets: readonly { readonly name: string; readonly version: number | null }[]
  /** Why everything was closed, and is still; null when it is not. */
  readonly closed: string | null
  /** Accounts by id: erased, and nobody may find them again. */
  readonly erased: ReadonlySet<string>
  /** How many events from behind the backup there were. */
  readonly events: number
}

/** Events that are older than `from` are of before the backup. They may come in any number of pieces, in their order. */
export function endedSince(events: Iterable<AuditEvent>, from: number): EndedSince {
  const found = {
    disabled: new Set<string>(),
    passwords: new Set<string>(),
    resets: new Set<string>(),
    recoveryCodes: new Set<string>(),
    factors: [] as EndedSince['factors'][number][],
    identities: [] as EndedSince['identities'][number][],
    machineKeys: new Set<string>(),
    secrets: [] as EndedSince['secrets'][number][],
    closed: null as string | null,
    erased: new Set<string>(),
    events: 0,
  }
  for (const { kind, at, target, detail, reason } of events) {
    // Administrators are in no backup; a visitor may have the same name.
    if (!(Date.parse(at) >= from) || detail['administrator'] === true) continue
    found.events += 1
    const name = target ?? ''
    const text = (key: string): string => String(detail[key] ?? '')
    if (kind === 'account.disabled') found.disabled.add(name)
    else if (kind === 'account.enabled') found.disabled.delete(name)
    else if (kind === 'password.changed' || kind === 'account.password_set') {
      found.passwords.add(name)
      found.resets.delete(name)
    } else if (kind === 'account.reset_forced') found.resets.add(name)
    else if (kind === 'factor.removed') found.factors.push({ account: name, id: text('id') })
    else if (kind === 'factor.recovery_codes_made' || kind === 'factor.recovery_code_used') found.recoveryCodes.add(name)
    else if (kind === 'identity.parted') found.identities.push({ account: name, issuer: text('issuer'), subject: text('subject') })
    else if (kind === 'machine_key.revoked') found.machineKeys.add(text('id'))
    else if (kind === 'secret.revoked' || kind === 'key.revoked')
      found.secrets.push({ name, version: typeof detail['ended'] === 'number' ? detail['ended'] : null })
    else if (kind === 'account.erased') found.erased.add(text('id'))
    else if (kind === 'panic.begun') found.closed = reason ?? 'closed before the restore'
    else if (kind === 'panic.lifted') found.closed = null
  }
  return found
}

/** The lines of an audit.jsonl. A line that cannot be read is passed over: the last one may be torn. */
export function* readEvents(text: string): Generator<AuditEvent> {
  for (const line of text.split('\n')) {
    const event = parse(line)
    if (event !== null) yield event
  }
}

function parse(line: string): AuditEvent | null {
  if (line === '') return null
  try {
    const found = JSON.parse(line) as Partial<AuditEvent> | null
    const fits = typeof found?.kind === 'string' && typeof found.at === 'string' && typeof found.detail === 'object'
    return fits ? (found as AuditEvent) : null
  } catch {
    return null
  }
}
