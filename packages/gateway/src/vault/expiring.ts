import type { Instant } from '../decide/head.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Snapshot } from './snapshot.ts'

export interface ExpiringVersion {
  readonly name: string
  readonly version: number
  /** May be past: then calls with this credential fail already. */
  readonly notAfter: Instant
}

/** Versions that end before `at + withinMs` while no newer one takes over: each is an outage to come. */
export function expiringVersions(snapshot: Snapshot | null, at: Instant, withinMs: number): readonly ExpiringVersion[] {
  return [...(snapshot?.byName.values() ?? [])].flatMap((versions) => {
    const last = longestLived(versions.filter((entry) => entry.revokedAt === null))
    if (last === null || last.notAfter === null || last.notAfter > at + withinMs) return []
    return [{ name: last.name, version: last.version, notAfter: last.notAfter }]
  })
}

function longestLived(alive: readonly LedgerEntry[]): LedgerEntry | null {
  return alive.reduce<LedgerEntry | null>((found, entry) => (found !== null && ownEnd(found) > ownEnd(entry) ? found : entry), null)
}

/** The end that its owner or issuer set; that of an overlap is planned, and nobody needs to be warned of it. */
function ownEnd(entry: LedgerEntry): Instant {
  return entry.retiresAt === null ? (entry.notAfter ?? Infinity) : Math.min(entry.retiresAt, entry.notAfter ?? Infinity)
}
