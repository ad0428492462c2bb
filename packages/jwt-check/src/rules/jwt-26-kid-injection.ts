import type { Json } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

const maxLength = 256

// Each pattern is the mark of one interpreter that a careless key lookup hands the value to.
const marks: readonly (readonly [RegExp, string])[] = [
  // oxlint-disable-next-line no-control-regex -- a NUL byte ends file names early, which is the attack
  [/[\u0000-\u001f\u007f]/, 'a control character'],
  [/\.\.[/\\]|^[/\\]|^[a-z]:\\/i, 'a file path'],
  [/^[a-z][a-z0-9+.-]*:\/\//i, 'a URL'],
  // A thumbprint in base64url has two hyphens in a row now and then (RFC 7638): they are no comment there.
  [/['"`;]|^(?![\w-]{16,}$).*--|\/\*|\bunion\b.+\bselect\b/is, 'SQL or shell quoting'],
  [/[|&<>]|\$\(/, 'shell operators'],
  [/[{}]|^\$\w+|\[\$\w+\]/, 'a query object'],
  [/%(?:00|2e|2f|5c)/i, 'percent-encoded path characters'],
]

/** The key identifier is input from a stranger. */
export const kidInjection: Rule = {
  id: 'JWT-26',
  title: 'Key identifier carries an injection',
  severity: 'error',
  source: 'bis §3.10; ASVS 9.1.3',
  why: 'A "kid" that reaches a file name, a query or a shell lets a stranger choose the key, or run code, before any signature is checked.',
  remedy:
    'Look "kid" up as an exact string among the keys already loaded, and refuse everything else. Issue short identifiers such as thumbprints.',
  check: (scene) =>
    eachHeader(scene, ({ kid }) => {
      const fault = kidFault(kid)
      return fault === undefined ? [] : [{ pointer: 'header.kid', reason: `kid ${fault}.` }]
    }),
}

function kidFault(kid: Json | undefined): string | undefined {
  if (kid === undefined) return undefined
  if (typeof kid !== 'string') return 'is not a string'
  if (kid.length > maxLength) return `has ${kid.length} characters`
  const mark = marks.find(([pattern]) => pattern.test(kid))
  return mark === undefined ? undefined : `contains ${mark[1]}`
}
