import type { Json } from '../encoding/json.ts'
import { plainType, type Profile } from '../profile.ts'
import type { Rule } from '../rule.ts'
import { eachHeader, type Note } from './each.ts'

/** What kind of JWT it says it is. */
export const type: Rule = {
  id: 'JWT-23',
  title: 'Type missing, generic or wrong',
  severity: 'warning',
  source: 'bis §3.11; RFC 9068 §2.1; ASVS 9.2.2',
  why: 'Without an explicit type one kind of JWT passes for another: an ID token for an access token, a logout notice for a login.',
  remedy: 'Set "typ" to the specific media type (at+jwt, logout+jwt, your-kind+jwt), and have each verifier demand its own.',
  check: (scene) => eachHeader(scene, ({ typ }, { profile }) => judge(typ, profile)),
}

function judge(typ: Json | undefined, profile: Profile): readonly Note[] {
  const pointer = 'header.typ'
  if (typ !== undefined && typeof typ !== 'string') return [{ pointer, severity: 'error', reason: 'typ is not a string.' }]
  const plain = plainType(typ)
  const expected = profile.typ.map(plainType)
  // OIDC gives ID tokens no type of their own: a missing or generic one is all that can be asked for there.
  const generic = plain === '' || plain === 'JWT'
  if (expected.includes('JWT') && generic) return []
  if (expected.length > 0 && !expected.includes(plain)) {
    return [
      {
        pointer,
        severity: 'error',
        reason: `typ is ${plain === '' ? 'missing' : `"${plain}"`}, expected "${profile.typ.join('" or "')}".`,
      },
    ]
  }
  return generic
    ? [{ pointer, reason: plain === '' ? 'typ is missing.' : 'typ is just "JWT": it does not tell one kind from another.' }]
    : []
}
