import { isJsonObject, type JsonObject } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachClaims, type Note } from './each.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'

/** A logout token has an event, a subject or session, and no nonce. */
export const logoutShape: Rule = {
  id: 'JWT-25',
  title: 'Malformed logout token',
  severity: 'error',
  source: 'OIDC Back-Channel Logout 1.0 §2.4, §2.6',
  why: 'The absent "nonce" and the present "events" are all that keep a logout token from serving as an ID token.',
  remedy: 'Send "events" with the back-channel logout member, "sub" or "sid", and never a "nonce".',
  check: (scene) =>
    eachClaims(scene, (claims, { profile }) => (profile.name === 'logout' || profile.typ.includes('logout+jwt') ? judge(claims) : [])),
}

function judge({ nonce, events, sub, sid }: JsonObject): readonly Note[] {
  const notes: Note[] = []
  if (nonce !== undefined) notes.push({ pointer: 'claims.nonce', reason: 'A logout token must not have a nonce.' })
  if (!isJsonObject(events) || !isJsonObject(events[event]))
    notes.push({ pointer: 'claims.events', reason: 'events lacks the back-channel logout member.' })
  if (sub === undefined && sid === undefined) notes.push({ pointer: 'claims.sub', reason: 'Neither sub nor sid says whose session ends.' })
  return notes
}
