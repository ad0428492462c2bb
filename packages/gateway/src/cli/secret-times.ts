import { parseDuration } from '../config/units.ts'

/** Reads a date (`2027-03-31`, ISO 8601 with time and zone) or a time from now (`90d`). Null when it is neither. */
export function readMoment(text: string, now: number): number | null {
  const ms = parseDuration(text)
  if (ms !== null) return now + ms
  // Without a zone a time would depend on the machine; a date alone is midnight UTC.
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}

export function formatMoment(at: number | null): string {
  return at === null
    ? ''
    : new Date(at)
        .toISOString()
        .replace(/:\d{2}\.\d{3}Z$/, 'Z')
        .replace('T', ' ')
}
