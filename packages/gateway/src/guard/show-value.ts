import { Duration } from '@marcbachmann/cel-js/evaluator'

/** A value of a condition as evidence shows it: cut, without control characters. */
export function showValue(value: unknown): string {
  if (value instanceof Duration) return clock(Number(value))
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`
  const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value)
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}').slice(0, LONGEST)
}

const LONGEST = 200

/** `00:14:22`; with days in front where there are any. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'))
  const days = Math.floor(seconds / 86_400)
  return `${days > 0 ? `${days}d ` : ''}${parts.join(':')}`
}
