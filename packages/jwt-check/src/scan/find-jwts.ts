import { fromBase64url } from '../encoding/base64url.ts'
import { readJson } from '../encoding/json.ts'
import { readText } from '../encoding/text.ts'

/** A JWT found inside a larger text, with its line (from 1). */
export type FoundJwt = { readonly text: string; readonly line: number }

/** Most JWTs taken from one text; logs can hold millions of the same. */
const most = 1000

/** Every distinct JWT inside a text: something whose first part decodes to JSON with an `alg`. Linear in the length of the text. */
export function findJwts(text: string): readonly FoundJwt[] {
  const found = new Map<string, FoundJwt>()
  let line = 1
  let counted = 0
  for (const match of text.matchAll(/(?<![\w-])e[wy][\w-]{6,4000}(?:\.[\w-]*){2,4}/g)) {
    for (let at = text.indexOf('\n', counted); at !== -1 && at < match.index; at = text.indexOf('\n', at + 1)) {
      line++
      counted = at + 1
    }
    if (!found.has(match[0]) && isHeader(match[0].slice(0, match[0].indexOf('.')))) found.set(match[0], { text: match[0], line })
    if (found.size >= most) break
  }
  return [...found.values()]
}

function isHeader(part: string): boolean {
  const bytes = fromBase64url(part)
  if (bytes === undefined) return false
  const reading = readJson(readText(bytes).text)
  return reading.kind === 'read' && typeof reading.value === 'object' && reading.value !== null && 'alg' in reading.value
}
