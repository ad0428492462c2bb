import type { HeaderField } from '../decide/headers.ts'
import { MIN_BODY_NEEDLE, MIN_FIELD_NEEDLE } from '../decide/needles.ts'
import type { OpenCredential } from '../parts.ts'
import { readingsOf } from './content.ts'
import { createLeakStopper, type LeakStopper } from './leaks.ts'
import type { Searcher } from './search.ts'
import { type ThoroughSearch, thoroughSearch } from './thorough-search.ts'

/** Looks for one opened credential in one answer, and closes it when the answer is over. */
export interface LeakGuard {
  /** For a body of this type; null when every form of the secret is so short that it would match by chance. */
  stopperFor(contentType: string | null): LeakStopper | null
  /** For what is not one body; null as the stopper is. */
  readonly searcher: Searcher | null
  /** The fields that hold a form of the secret, in name or value. */
  leaking(fields: readonly HeaderField[]): readonly HeaderField[]
  /** Once the answer is over, or was never begun: the secret is released. More calls change nothing. */
  close(): void
}

export function openGuard(credential: Pick<OpenCredential, 'needles' | 'release'>): LeakGuard {
  const { needles } = credential
  const search = shareSearch(needles)
  const { forBody, forFields } = search
  let closed = false
  return {
    stopperFor: (contentType) => (forBody === null ? null : createLeakStopper(forBody.as(readingsOf(contentType)))),
    searcher: forBody,
    leaking(fields) {
      if (forFields === null) return []
      const holds = (text: string): boolean => forFields.hits(bytesOf(text)).length > 0
      // Almost always there is none: one search over all of them says so.
      return holds(linesOf(fields)) ? fields.filter((field) => holds(line(field))) : []
    },
    close() {
      if (closed) return
      closed = true
      leaveSearch(needles, search)
      credential.release()
    },
  }
}

interface SharedSearch {
  readonly forBody: ThoroughSearch | null
  readonly forFields: Searcher | null
  answers: number
}

/** Answers under way at the same time look for the same needles: they share one table, which is wiped when the last of them is over. */
const SHARED = new WeakMap<readonly Uint8Array[], SharedSearch>()

function shareSearch(needles: readonly Uint8Array[]): SharedSearch {
  const known = SHARED.get(needles)
  if (known !== undefined) {
    known.answers += 1
    return known
  }
  const forBody = thoroughSearch(needles, { least: MIN_BODY_NEEDLE })
  const isAnyShort = needles.some((needle) => needle.length < MIN_BODY_NEEDLE)
  const forFields = isAnyShort ? thoroughSearch(needles, { least: MIN_FIELD_NEEDLE }) : forBody
  const fresh = { forBody, forFields, answers: 1 }
  SHARED.set(needles, fresh)
  return fresh
}

function leaveSearch(needles: readonly Uint8Array[], search: SharedSearch): void {
  search.answers -= 1
  if (search.answers > 0) return
  SHARED.delete(needles)
  search.forBody?.wipe()
  if (search.forFields !== search.forBody) search.forFields?.wipe()
}

/** Reused, because a response's fields are looked at once, and at once. */
const SCRATCH = Buffer.alloc(16_384)

/** ISO 8859-1. Valid until the next call. */
function bytesOf(text: string): Uint8Array {
  if (text.length > SCRATCH.length) return Buffer.from(text, 'latin1')
  return SCRATCH.subarray(0, SCRATCH.write(text, 'latin1'))
}

function linesOf(fields: readonly HeaderField[]): string {
  let text = ''
  for (const field of fields) text += `${field[0]}: ${field[1]}\n`
  return text
}

function line([name, value]: HeaderField): string {
  return `${name}: ${value}`
}
