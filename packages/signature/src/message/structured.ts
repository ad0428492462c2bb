import { isInnerList, parseDictionary, type Dictionary, type Parameters } from 'structured-headers'
import { failed, fine, type Outcome } from '../outcome.ts'

// Twice what a signature with every component of the profile needs; a parser's work stays bounded.
const LONGEST_FIELD = 8192
// A display string has no backslash escapes (RFC 9651 §3.3.8), a string has; the leftmost match decides which it is.
const QUOTED = /%"[^"]*"|"(?:[^"\\]|\\.)*"/g

/**
 * Reads a dictionary (RFC 8941 §3.2, RFC 9651) more strictly than the RFC asks: a member or a parameter that is said twice is malformed.
 * The RFC lets the last one win; two readers that disagree about it would verify one request and serve another.
 */
export function readDictionary(text: string): Outcome<Dictionary, 'malformed'> {
  if (text.length > LONGEST_FIELD) return failed('malformed', `a structured field of ${text.length} characters`)
  let members: Dictionary
  try {
    members = parseDictionary(text)
  } catch (error) {
    return failed('malformed', error instanceof Error ? error.message : 'unreadable structured field')
  }
  const written = countWritten(text)
  if (written.members !== members.size) return failed('malformed', 'a dictionary member is repeated')
  if (written.parameters !== countParameters(members)) return failed('malformed', 'a parameter is repeated')
  return fine(members)
}

function countWritten(text: string): { readonly members: number; readonly parameters: number } {
  const bare = text.replace(QUOTED, '')
  const topLevel = bare.replace(/\([^()]*\)/g, '()')
  return { members: topLevel.trim() === '' ? 0 : topLevel.split(',').length, parameters: bare.split(';').length - 1 }
}

function countParameters(members: Dictionary): number {
  let count = 0
  for (const member of members.values()) {
    count += member[1].size
    if (isInnerList(member)) count += sum(member[0].map(([, parameters]) => parameters))
  }
  return count
}

function sum(parameters: readonly Parameters[]): number {
  return parameters.reduce((count, each) => count + each.size, 0)
}
