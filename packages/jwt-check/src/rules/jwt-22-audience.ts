import { type Json, shown } from '../encoding/json.ts'
import type { Profile } from '../profile.ts'
import type { Rule } from '../rule.ts'
import { eachClaims, type Note } from './each.ts'

/** Above this many audiences a JWT is a master key. */
const manyAudiences = 3

/** For whom it is: exactly named, few, and among them the verifier. */
export const audience: Rule = {
  id: 'JWT-22',
  title: 'Audience missing, too wide or wrong',
  severity: 'error',
  source: 'bis §3.9; RFC 7519 §4.1.3; ASVS 9.2.3, 9.2.4',
  why: 'Without an exact audience a JWT given to one service opens the next one too.',
  remedy: 'Issue one JWT per audience. Verifiers: compare whole strings, in a string or a list alike, never by prefix or "contains".',
  check: (scene) => eachClaims(scene, ({ aud }, { profile }) => judge(aud, profile)),
}

function judge(aud: Json | undefined, profile: Profile): readonly Note[] {
  const pointer = 'claims.aud'
  if (aud === undefined) {
    if (profile.audience !== undefined || profile.requires.includes('aud')) return [{ pointer, reason: 'aud is missing.' }]
    return profile.name === 'any'
      ? [{ pointer, severity: 'warning', reason: 'aud is missing: any verifier with the key may accept the JWT.' }]
      : []
  }
  const names = Array.isArray(aud) ? (aud as readonly Json[]) : [aud]
  if (names.length === 0 || names.some((name) => typeof name !== 'string' || name === ''))
    return [{ pointer, reason: 'aud is empty or not made of strings.' }]
  const notes: Note[] = []
  const wild = names.find((name) => typeof name === 'string' && /[*?]|^(?:any|all|public)$/i.test(name))
  if (wild !== undefined) notes.push({ pointer, reason: `aud "${shown(wild)}" is a wildcard.` })
  if (names.length > manyAudiences) notes.push({ pointer, severity: 'warning', reason: `The JWT is good at ${names.length} audiences.` })
  if (profile.audience !== undefined && !names.includes(profile.audience))
    notes.push({ pointer, reason: wrongAudience(names, profile.audience) })
  return notes
}

function wrongAudience(names: readonly Json[], expected: string): string {
  const near = names.find((name) => typeof name === 'string' && name.includes(expected))
  return near === undefined ? `aud does not name "${expected}".` : `aud "${shown(near)}" merely contains "${expected}".`
}
