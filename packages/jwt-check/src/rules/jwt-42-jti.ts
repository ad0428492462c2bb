import type { Remark, Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { claimsOf } from '../jose/jwt.ts'
import { eachClaims } from './each.ts'
import { identifierBits } from './entropy.ts'

/** Bits below which an identifier repeats by chance or can be foretold. */
const minimumBits = 64

/** The identifier that single use and revocation hang on. */
export const jti: Rule = {
  id: 'JWT-42',
  title: 'JWT identifier missing, weak or repeated',
  severity: 'warning',
  source: 'RFC 7519 §4.1.7; RFC 9449 §11.1',
  why: 'Without a unique "jti" a verifier cannot notice the second use of a proof, nor can anybody revoke one JWT.',
  remedy: 'Set "jti" to a random UUID or 16 random bytes, and remember the seen ones until the JWT expires.',
  check: (scene) => [
    ...eachClaims(scene, ({ jti }, { profile }) => judge(jti, profile.singleUse || profile.requires.includes('jti'))),
    ...repeated(scene),
  ],
}

function judge(value: unknown, demanded: boolean): readonly { readonly pointer: string; readonly reason: string }[] {
  const pointer = 'claims.jti'
  if (value === undefined) return demanded ? [{ pointer, reason: 'jti is missing, though the JWT is single-use or revocable.' }] : []
  if (typeof value !== 'string') return [{ pointer, reason: 'jti is not a string.' }]
  const bits = Math.floor(identifierBits(value))
  return bits < minimumBits
    ? [{ pointer, reason: `jti carries at most ${bits} bits; ${minimumBits} are needed to be unique and unforeseeable.` }]
    : []
}

function repeated(scene: Scene): readonly Remark[] {
  const seen = new Map<string, string>()
  return scene.subjects.flatMap(({ label, jwt }) => {
    const claims = claimsOf(jwt)
    if (typeof claims?.['jti'] !== 'string') return []
    const name = JSON.stringify([claims['iss'], claims['jti']])
    const first = seen.get(name)
    seen.set(name, first ?? label)
    return first === undefined
      ? []
      : [{ at: label, pointer: 'claims.jti', reason: `The same jti as in ${first}: a replay, or no unique identifier.` }]
  })
}
