import type { VersionView } from './outcome.ts'

/** Of a version whose successor is in use: is the old value still needed? Null for every other one. */
export function usedSinceReplaced(
  version: VersionView,
  versions: readonly VersionView[],
): { readonly since: number; readonly used: boolean } | null {
  const next = versions.find((other) => other.state === 'active' && other.version > version.version)
  if (version.state !== 'retiring' || next === undefined) return null
  const since = next.notBefore ?? next.createdAt
  // A use is written down at most once a minute: one of the last minute may stand for one that came after.
  return { since, used: version.lastUsedAt !== null && version.lastUsedAt + USE_MS >= since }
}

const USE_MS = 60_000
