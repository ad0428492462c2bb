import type { KeyObject } from 'node:crypto'
import type { Canaries } from '../decoy/canary.ts'
import type { RequestHead } from '../decide/head.ts'
import type { TrapsPart } from '../measure-parts.ts'
import { createMarks } from './mark.ts'

/** Finds what no honest visitor has, since nothing that he uses gives it to him: planted credentials, and values of decoys. */
export function createTraps(key: KeyObject, canaries: Canaries): TrapsPart {
  const honey = createMarks(key, 'honey')
  const isHoney = (text: string, places?: number): boolean => honey.read(text, places).length > 0
  return {
    presents: (head, mark) => textsOf(head).some((text) => (mark === 'honey' ? isHoney(text) : canaries.tagsIn(text).length > 0)),
    canariesIn: (head) => [...new Set(textsOf(head).flatMap((text) => canaries.tagsIn(text)))],
    inBody: (text, mark) => (mark === 'honey' ? (isHoney(text, PLACES_IN_BODY) ? [''] : []) : canaries.tagsIn(text, PLACES_IN_BODY)),
  }
}

/** Of one piece of a body; see body-watch.ts for how much of it is looked at. */
const PLACES_IN_BODY = 256

/** The path, the query and every field with the cookies; ours are looked at like everything else. */
function textsOf({ path, query, headers }: RequestHead): readonly string[] {
  const fields = headers.entries().flatMap(([, value]) => [value, unwrapped(value)])
  return [path, decoded(query), ...fields].filter((text) => text !== '')
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
