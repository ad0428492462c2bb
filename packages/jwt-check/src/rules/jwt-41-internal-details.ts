import { isJsonObject, type Json } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachClaims, type Note } from './each.ts'

const marks: readonly (readonly [RegExp, string])[] = [
  [/\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b|\bf[cd][0-9a-f]{2}:[0-9a-f:]+/i, 'a private IP address'],
  [/\b[\w-]+\.(?:internal|local|lan|corp|intranet|svc(?:\.cluster\.local)?|home\.arpa)\b/i, 'an internal host name'],
  [/\bat [\w.$<>]+ ?\([^)]*:\d+(?::\d+)?\)|Traceback \(most recent|\.(?:java|py|php|rb|cs):\d+/, 'a stack trace'],
  [/(?:^|\s)(?:\/(?:home|var|usr|etc|srv|opt)\/|[A-Z]:\\)\S+/, 'a file path of the server'],
]

/** What helps an attacker to find the next door. */
export const internalDetails: Rule = {
  id: 'JWT-41',
  title: 'Internal details in the claims',
  severity: 'info',
  source: 'ASVS 13.4, 14.1; derived',
  why: 'Host names, addresses and all-powerful flags tell a reader where to go next and which claim is worth forging.',
  remedy: 'Keep topology out of claims, and look permissions up on the server by the subject instead of sending "admin: true".',
  check: (scene) => eachClaims(scene, (claims) => walk(claims, 'claims')),
}

function walk(value: Json, pointer: string): readonly Note[] {
  if (typeof value === 'string') return text(value, pointer)
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item, index) => walk(item, `${pointer}[${index}]`))
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => [
    ...(member === true && /^(?:is_?)?(?:admin|root|superuser|staff)$/i.test(name)
      ? [{ pointer: `${pointer}.${name}`, reason: `"${name}: true" is an all-powerful flag.` }]
      : []),
    ...(member === undefined ? [] : walk(member, `${pointer}.${name}`)),
  ])
}

function text(value: string, pointer: string): readonly Note[] {
  const mark = marks.find(([pattern]) => pattern.test(value.slice(0, 4096)))
  return mark === undefined ? [] : [{ pointer, reason: `It shows ${mark[1]}.` }]
}
