import type { KeyObject } from 'node:crypto'
import type { RequestHead } from '../decide/head.ts'
import type { TrapsPart } from '../parts.ts'
import { createMarks } from './mark.ts'

/** Finds planted credentials in a request: no honest visitor has one, since nothing that he uses does. */
export function createTraps(key: KeyObject): TrapsPart {
  const marks = createMarks(key, 'honey')
  return {
    presents: ({ path, query, headers }: RequestHead) =>
      marks.read(path).length > 0 ||
      (query !== '' && marks.read(decoded(query)).length > 0) ||
      // Ours among the cookies are no credentials of others; they are looked at like everything else.
      headers.entries().some(([, value]) => marks.read(value).length > 0 || marks.read(unwrapped(value)).length > 0),
  }
}

function decoded(query: string): string {
  try {
    return decodeURIComponent(query)
  } catch {
    return query
  }
}

/** `Basic` carries its credential in base64. */
function unwrapped(value: string): string {
  const found = /^Basic\s+([A-Za-z0-9+/=]{8,1024})$/i.exec(value)
  return found?.[1] === undefined ? '' : Buffer.from(found[1], 'base64').toString('latin1')
}
