import type { Instant } from '../decide/head.ts'
import type { VersionState } from '../store/store.ts'
import type { LedgerEntry } from './ledger.ts'

export type Choice =
  /** `until`: the next instant at which the choice could be another one. */
  | { readonly kind: 'chosen'; readonly entry: LedgerEntry; readonly until: Instant }
  | { readonly kind: 'none'; readonly because: 'unknown' | 'revoked' | 'not_yet' | 'expired' }

/** The newest version that has begun and has not ended. An older one is thereby used only when there is no newer one. */
export function chooseVersion(entries: readonly LedgerEntry[], at: Instant): Choice {
  const alive = entries.filter((entry) => entry.revokedAt === null)
  const entry = alive.filter((candidate) => isUsable(candidate, at)).reduce(newer, null)
  if (entry !== null) return { kind: 'chosen', entry, until: nextChange(alive, at) }
  if (entries.length === 0) return { kind: 'none', because: 'unknown' }
  if (alive.length === 0) return { kind: 'none', because: 'revoked' }
  return { kind: 'none', because: alive.some((candidate) => at < beginOf(candidate)) ? 'not_yet' : 'expired' }
}

/** What the version is at that time. */
export function stateAt(entry: LedgerEntry, entries: readonly LedgerEntry[], at: Instant): VersionState {
  if (entry.revokedAt !== null) return 'revoked'
  if (at < beginOf(entry)) return 'staged'
  const replaced = entries.some((other) => other.version > entry.version && other.revokedAt === null && isUsable(other, at))
  return replaced || at >= endOf(entry) ? 'retiring' : 'active'
}

/** Exclusive; Infinity when it has none. */
export function endOf(entry: LedgerEntry): Instant {
  return Math.min(entry.notAfter ?? Infinity, entry.retiresAt ?? Infinity)
}

function beginOf(entry: LedgerEntry): Instant {
  return entry.notBefore ?? -Infinity
}

function isUsable(entry: LedgerEntry, at: Instant): boolean {
  return beginOf(entry) <= at && at < endOf(entry)
}

function newer(found: LedgerEntry | null, candidate: LedgerEntry): LedgerEntry {
  return found !== null && found.version > candidate.version ? found : candidate
}

function nextChange(alive: readonly LedgerEntry[], at: Instant): Instant {
  return Math.min(...alive.flatMap((entry) => [beginOf(entry), endOf(entry)]).filter((moment) => moment > at), Infinity)
}
