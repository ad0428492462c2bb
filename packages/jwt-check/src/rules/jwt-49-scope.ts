import type { Json, JsonObject } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachClaims } from './each.ts'

/** What the JWT allows: little, and said outright. */
export const scope: Rule = {
  id: 'JWT-49',
  title: 'Scope missing or too broad',
  severity: 'info',
  source: 'RFC 9700 §2.3; RFC 9068 §2.2.3',
  why: 'A stolen access token can do what its scope allows; without scope it can do whatever the subject can.',
  remedy: 'Ask for and issue the few scopes that the call needs; keep administrative scopes for separate, short sessions.',
  check: (scene) =>
    eachClaims(scene, (claims, { profile }) => {
      const names = scopesOf(claims)
      if (names === undefined)
        return profile.name === 'access-token' ? [{ pointer: 'claims.scope', reason: 'The access token has no scope.' }] : []
      const broad = names.find(isBroad)
      return broad === undefined ? [] : [{ pointer: 'claims.scope', reason: `Scope "${broad}" allows nearly everything.` }]
    }),
}

/** Scope names from `scope`, `scp` or `permissions`, in string or list form; undefined when there is none. */
export function scopesOf(claims: JsonObject): readonly string[] | undefined {
  const value: Json | undefined = claims['scope'] ?? claims['scp'] ?? claims['permissions']
  if (typeof value === 'string') return value.split(' ').filter((name) => name !== '')
  return Array.isArray(value) ? (value as readonly Json[]).filter((name) => typeof name === 'string') : undefined
}

/** True for scopes that stand for everything. */
export function isBroad(name: string): boolean {
  return name.includes('*') || /^(?:all|root|full_?access|superuser|(?:.*[:./_-])?admin(?:[:./_-].*)?)$/i.test(name)
}
