import type { Headers } from '../decide/headers.ts'

/** What is known of the representation that would be sent. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string
  /** Milliseconds, cut to whole seconds. */
  readonly modifiedAt: number
}

export type Precondition = 'send' | 'not-modified' | 'failed'

/** RFC 9110 §13.2.2 for GET and HEAD: `If-Match` and `If-None-Match` count, the dates only where they are missing. */
export function checkPreconditions(headers: Headers, { etag, modifiedAt }: Validators): Precondition {
  const match = headers.get('if-match')
  const unmodified = headers.get('if-unmodified-since')
  if (match !== null ? !lists(match, etag, 'strong') : unmodified !== null && modifiedAt > dateOf(unmodified, Number.POSITIVE_INFINITY))
    return 'failed'
  const noneMatch = headers.get('if-none-match')
  if (noneMatch !== null) return lists(noneMatch, etag, 'weak') ? 'not-modified' : 'send'
  const modified = headers.get('if-modified-since')
  return modified !== null && modifiedAt <= dateOf(modified, Number.NEGATIVE_INFINITY) ? 'not-modified' : 'send'
}

/** RFC 9110 §13.1.5: a range of what the browser has, or the whole of what is there now. */
export function rangeStillFits(headers: Headers, { etag, modifiedAt }: Validators): boolean {
  const condition = headers.get('if-range')
  if (condition === null) return true
  return condition.startsWith('"') ? condition === etag : dateOf(condition, Number.NaN) === modifiedAt
}

function lists(field: string, etag: string, comparison: 'weak' | 'strong'): boolean {
  if (field.trim() === '*') return true
  return field.split(',').some((entry) => {
    const listed = entry.trim()
    return listed === etag || (comparison === 'weak' && listed === `W/${etag}`)
  })
}

function dateOf(text: string, otherwise: number): number {
  const at = Date.parse(text)
  return Number.isNaN(at) ? otherwise : at
}
