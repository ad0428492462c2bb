const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 }

/** Reads `250ms`, `30s`, `15m`, `12h`, `7d` as milliseconds. Null when it is none of them: a bare number does not say its unit. */
export function parseDuration(text: string): number | null {
  return parseUnit(text, MS)
}

/** Reads `512B`, `16KiB`, `10MiB`, `1GiB` as bytes. Null when it is none of them. */
export function parseSize(text: string): number | null {
  return parseUnit(text, BYTES)
}

/** The shortest exact spelling that `parseDuration` reads. */
export function formatDuration(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => ms !== 0 && ms % (MS[name] ?? 1) === 0) ?? 'ms'
  return ms === 0 ? '0s' : `${ms / (MS[unit] ?? 1)}${unit}`
}

function parseUnit(text: string, units: Readonly<Record<string, number>>): number | null {
  const found = /^(\d{1,12})\s*([A-Za-z]+)$/.exec(text.trim())
  const factor = found?.[2] === undefined ? undefined : units[found[2]]
  if (factor === undefined) return null
  const value = Number(found?.[1]) * factor
  return Number.isSafeInteger(value) ? value : null
}
