import { type Json, type JsonObject, shown } from '../encoding/json.ts'
import type { SignedJwt } from '../jose/jwt.ts'
import { claimsOf } from '../jose/jwt.ts'
import { verifyWith } from '../jose/verify.ts'
import type { Profile } from '../profile.ts'
import type { Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachSignedSlowly, type Note } from './each.ts'

/** Who issued it, and did that issuer's own key sign it? */
export const issuer: Rule = {
  id: 'JWT-20',
  title: 'Issuer missing, wrong or not the owner of the key',
  severity: 'error',
  source: 'bis §3.8; OIDC Core §2',
  why: 'With several issuers in play, a key of one must not speak for another; without "iss" nobody can tell.',
  remedy: 'Put the issuer\'s https URL in "iss", compare it exactly, and look for the key among the keys of that issuer only.',
  check: (scene) =>
    eachSignedSlowly(scene, async (jwt, { profile }) => {
      const claims = claimsOf(jwt)
      if (claims === undefined) return []
      return [...named(claims, profile), ...(await foreignKey(jwt, claims['iss'], scene))]
    }),
}

function named({ iss }: JsonObject, profile: Profile): readonly Note[] {
  const pointer = 'claims.iss'
  const wanted = profile.requires.includes('iss') || profile.issuer !== undefined
  if (iss === undefined) return wanted ? [{ pointer, reason: 'iss is missing.' }] : []
  if (typeof iss !== 'string' || iss === '') return [{ pointer, reason: 'iss is not a non-empty string.' }]
  if (profile.issuer !== undefined && iss !== profile.issuer) return [{ pointer, reason: `iss is "${iss}", expected "${profile.issuer}".` }]
  return isHttpsUrl(iss) || profile.issuer === iss
    ? []
    : [{ pointer, severity: 'warning', reason: `iss "${iss}" is not an https URL without query and fragment.` }]
}

async function foreignKey(jwt: SignedJwt, iss: Json | undefined, scene: Scene): Promise<readonly Note[]> {
  for (const set of scene.keySets) {
    if (set.issuer === undefined || set.issuer === iss) continue
    for (const jwk of set.keys) {
      if ((await verifyWith(jwt, jwk)) !== 'valid') continue
      return [{ pointer: 'claims.iss', reason: `The signature is by a key of "${set.issuer}", but iss is "${shown(iss)}".` }]
    }
  }
  return []
}

function isHttpsUrl(text: string): boolean {
  try {
    const url = new URL(text)
    return url.protocol === 'https:' && url.search === '' && url.hash === '' && url.username === ''
  } catch {
    return false
  }
}
