import type { Ban } from '../decide/ban.ts'
import type { Account } from '../store/store.ts'
import { openSessions } from './open-sessions.ts'
import type { OpenedVault } from './open.ts'
import { formatMoment } from './secret-times.ts'
import type { World } from './world.ts'

/** A ban as people name things: the account by its name, the session by its label. */
export interface ShownBan {
  readonly id: string
  readonly kind: Ban['kind']
  readonly value: string
  /** Null: everything. */
  readonly scope: readonly string[] | null
  readonly since: string
  readonly until: string
  readonly prior: number
  readonly rule: string | null
  readonly reason: string | null
}

export async function showBans(opened: OpenedVault, world: World, bans: readonly Ban[]): Promise<readonly ShownBan[]> {
  const accounts = new Map((await opened.stores.accounts.list()).map((account) => [account.id, account]))
  const { label } = openSessions(opened, world)
  return bans.map((ban) => shown(ban, accounts, label))
}

function shown(ban: Ban, accounts: ReadonlyMap<string, Account>, label: (id: string) => string): ShownBan {
  const { id, kind, scope, prior, rule, reason } = ban
  const iso = (at: number): string => new Date(at).toISOString()
  return { id, kind, value: nameOf(ban, accounts, label), scope, since: iso(ban.startedAt), until: iso(ban.endsAt), prior, rule, reason }
}

function nameOf({ kind, value }: Ban, accounts: ReadonlyMap<string, Account>, label: (id: string) => string): string {
  switch (kind) {
    case 'account':
      return accounts.get(value)?.name ?? value
    case 'session':
      return label(value)
    case 'visit':
      return value.slice(0, 8)
    case 'ip.net':
      return value
  }
}

export function banRow(ban: ShownBan): readonly string[] {
  return [
    ban.id,
    ban.kind,
    ban.value,
    ban.scope === null ? '' : `only ${ban.scope.join(', ')}`,
    `since ${formatMoment(Date.parse(ban.since))}`,
    `until ${formatMoment(Date.parse(ban.until))}`,
    ban.prior === 0 ? '' : `after ${ban.prior} before`,
    ban.rule === null ? 'by hand' : `rule ${ban.rule}`,
    ban.reason ?? '',
  ]
}
