import { disarmed } from '../decide/active-content.ts'
import type { RequestHead } from '../decide/head.ts'
import { foldName, type HeaderField } from '../decide/headers.ts'
import type { Policy } from '../decide/policy.ts'
import type { ApiRoute } from '../decide/route.ts'
import { apiHeaders } from '../http/security-headers.ts'
import { fieldValue } from './content.ts'

/** The upstream's fields that passed, with what the gateway itself says of every API answer: caching, security, sender, request. */
export function withOwnFields(passed: readonly HeaderField[], head: RequestHead, route: ApiRoute, policy: Policy): readonly HeaderField[] {
  const fields: HeaderField[] = []
  for (const field of route.api.activeContent ? passed : disarmed(passed)) if (!CACHING.has(field[0])) fields.push(field)
  for (const field of apiHeaders()) fields.push(field)
  fields.push(['cache-control', caching(passed, route)], ['x-request-id', head.id])
  const origin = head.headers.get('origin')
  // Never an origin that the owner did not name, letter by letter (Fetch standard, CORS check). Vary: Origin is among apiHeaders.
  if (origin !== null && policy.allowedOrigins.includes(origin)) {
    fields.push(['access-control-allow-origin', origin], ['access-control-allow-credentials', 'true'])
  }
  return fields
}

const CACHING = new Set(['cache-control', 'expires', 'age'])

/** What a visitor may see only because of who he is must not be stored (HTTP-25); what all may see, his own browser may keep as the upstream says. */
function caching(passed: readonly HeaderField[], route: ApiRoute): string {
  if (route.api.access.kind !== 'public') return 'no-store'
  // A cache would hand one visitor's cookie to the next (CVE-2025-48947).
  if (passed.some(([name]) => foldName(name) === 'set-cookie')) return 'no-store'
  const wanted = fieldValue(passed, 'cache-control')
  if (wanted === null || !/^[\x21-\x7e][\x20-\x7e]*$/.test(wanted)) return 'private, no-cache'
  return /(?:^|[\s,])(?:public|private|no-store|s-maxage)\b/i.test(wanted) ? wanted : `private, ${wanted}`
}
