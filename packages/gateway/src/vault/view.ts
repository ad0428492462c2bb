import type { Instant } from '../decide/head.ts'
import type { LedgerEntry } from './ledger.ts'
import type { CredentialView, VersionView } from './outcome.ts'
import type { Snapshot } from './snapshot.ts'
import { endOf, stateAt } from './versions.ts'

/** All credentials by name, as of `at`. */
export function viewAll(snapshot: Snapshot, at: Instant): readonly CredentialView[] {
  return [...snapshot.byName.keys()].sort().flatMap((name) => viewOne(snapshot, name, at) ?? [])
}

export function viewOne(snapshot: Snapshot, name: string, at: Instant): CredentialView | null {
  const versions = snapshot.byName.get(name)
  const newest = versions?.at(-1)
  if (versions === undefined || newest === undefined) return null
  const views = versions.map((entry) => viewVersion(snapshot, entry, versions, at)).toReversed()
  return { name, kind: newest.kind, placement: newest.placement, origins: newest.origins, versions: views }
}

function viewVersion(snapshot: Snapshot, entry: LedgerEntry, versions: readonly LedgerEntry[], at: Instant): VersionView {
  const { version, fingerprint, lastFour, notBefore, createdAt } = entry
  const end = endOf(entry)
  const lastUsedAt = snapshot.row(entry.name, version)?.lastUsedAt ?? null
  return {
    version,
    state: stateAt(entry, versions, at),
    fingerprint,
    lastFour,
    notBefore,
    notAfter: end === Infinity ? null : end,
    createdAt,
    lastUsedAt,
  }
}
