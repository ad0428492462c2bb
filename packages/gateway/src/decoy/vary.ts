import { below, fraction } from './stream.ts'
import type { NextByte } from '../trap/mark.ts'

/** What a decoy is made with: a stream of bytes of its own, and where the canaries come from. */
export interface Making {
  readonly next: NextByte
  /** A canary that looks like this value; null when there is no room for one, or none are wanted. */
  readonly canary: (like: string) => string | null
}

/** A recorded answer that differs: identifiers, keys and addresses of mail are others (and canaries), numbers and times are near; words stay. */
export function vary(sample: unknown, making: Making): unknown {
  const swapped = new Map<string, string>()
  collect(sample, making, swapped)
  return walk(sample, '', making, swapped)
}

/** A text with the same done to each word of it that could be a key. */
export function varyText(sample: string, making: Making): string {
  return sample.replace(/[A-Za-z0-9][\w.@+~-]{13,}/g, (word) => other(word, making) ?? word)
}

/** The same identifier in two places stays the same in both: links go where they seem to. */
function collect(value: unknown, making: Making, swapped: Map<string, string>): void {
  if (typeof value === 'string') {
    if (swapped.has(value)) return
    const changed = other(value, making)
    if (changed !== null) swapped.set(value, changed)
  } else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) collect(inner, making, swapped)
}

function walk(value: unknown, key: string, making: Making, swapped: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return swapped.get(value) ?? moved(value, making.next) ?? linked(value, swapped)
  if (typeof value === 'number') return near(value, key, making.next)
  if (Array.isArray(value)) return value.map((each) => walk(each, key, making, swapped))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name, making, swapped)]))
}

const MAIL = /^[^\s@/]+@([^\s@/]+\.[a-z]{2,})$/i
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const KEY = /^(?=.*\d)[\w.~+=-]{14,200}$/
/** Room for a canary in the small letters of a mailbox's name. */
const MAILBOX = 'z'.repeat(16)

/** Null: this is no value that tells one thing from another. */
function other(text: string, { canary }: Making): string | null {
  const domain = MAIL.exec(text)?.[1]
  if (domain !== undefined) {
    const name = canary(MAILBOX)
    return name === null ? null : `${name}@${domain}`
  }
  return UUID.test(text) || KEY.test(text) ? canary(text) : null
}

const LONGEST_LINK = 2048

/** Identifiers inside addresses and paths. */
function linked(text: string, swapped: ReadonlyMap<string, string>): string {
  if (!text.includes('/') || text.length > LONGEST_LINK) return text
  let changed = text
  for (const [from, to] of swapped) changed = changed.replaceAll(from, to)
  return changed
}

const DAY_MS = 86_400_000
const MOST_DAYS = 60

/** A date, or a moment, some days earlier; null for any other text. */
function moved(text: string, next: NextByte): string | null {
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,3})?Z)?$/.test(text)) return null
  const at = Date.parse(text)
  if (Number.isNaN(at)) return null
  const iso = new Date(at - below(MOST_DAYS * DAY_MS, next)).toISOString()
  if (text.length === 10) return iso.slice(0, 10)
  return text.includes('.') ? iso : iso.replace(/\.\d+Z$/, 'Z')
}

const ID_KEY = /(?:^id$|Id$|_id$|number$|Number$)/

/** A number of the same kind: an identifier of the same length, an amount that is near; small ones, such as counts, stay. */
function near(value: number, key: string, next: NextByte): number {
  if (Number.isInteger(value) && ID_KEY.test(key) && Math.abs(value) >= 100) {
    const digits = Math.min(15, String(Math.abs(value)).length)
    const least = 10 ** (digits - 1)
    return Math.sign(value) * (least + below(least * 9, next))
  }
  if (!Number.isFinite(value) || Math.abs(value) < 10) return value
  // A moment in seconds or milliseconds.
  if (Number.isInteger(value) && value > 1e9 && value < 1e13) {
    const day = value > 1e11 ? DAY_MS : DAY_MS / 1000
    return value - below(MOST_DAYS * day, next)
  }
  const decimals = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0
  return Number((value * (0.7 + 0.6 * fraction(next))).toFixed(Math.min(decimals, 12)))
}
