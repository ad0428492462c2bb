import * as z from 'zod'
import type { AdminCall } from './endpoint.ts'

/** How a list is asked for. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1024).optional().describe('`next` of the page before.'),
}

export const next = z.string().nullable().describe('Goes into `cursor` for the next page; null: this was the last one.')

/** An hour: whoever turns the page later begins again. */
const CURSOR_MS = 3_600_000

/** Sealed: it must not show the store's keys. `list` keeps the cursor of one list out of another. */
export function sealCursor({ parts, at }: AdminCall, list: string, words: readonly (string | number)[]): string {
  return parts.cursors.seal([list, ...words].join('\n'), at + CURSOR_MS)
}

/** Null for what is none of ours, or over. */
export function openCursor({ parts, at }: AdminCall, list: string, cursor: string): readonly string[] | null {
  const [own, ...words] = parts.cursors.open(cursor, at)?.split('\n') ?? []
  return own === list ? words : null
}

export const OUTDATED = 'cursor: it is not of this list, or older than an hour. Begin again without one.'
