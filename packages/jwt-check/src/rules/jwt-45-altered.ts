import { base64url } from '../encoding/base64url.ts'
import type { SignedJwt } from '../jose/jwt.ts'
import { type Verdict, verifyWith } from '../jose/verify.ts'
import type { Remark, Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachSignedSlowly } from './each.ts'

/** Keys tried for one JWT at most, so that a hostile key set cannot buy hours of mathematics. */
const maxKeys = 100

/** The signature does not belong to these claims. */
export const altered: Rule = {
  id: 'JWT-45',
  title: 'Claims do not match the signature',
  severity: 'error',
  source: 'bis §3.3; ASVS 9.1.1',
  why: "Header or claims were changed after signing, or another key signed: the content is nobody's word.",
  remedy: 'Refuse the JWT. If the issuer is yours, check that it publishes the key that it signs with.',
  check: async (scene) => [...(await eachSignedSlowly(scene, async (jwt) => verification(jwt, scene))), ...borrowedSignatures(scene)],
}

async function verification(jwt: SignedJwt, scene: Scene): Promise<readonly { readonly pointer: string; readonly reason: string }[]> {
  if (jwt.signature.length === 0) return []
  const { kid } = jwt.header
  const all = scene.keySets.flatMap((set) => set.keys)
  const named = all.filter((jwk) => jwk['kid'] === kid)
  const verdicts: Verdict[] = []
  for (const jwk of (named.length > 0 ? named : all).slice(0, maxKeys)) verdicts.push(await verifyWith(jwt, jwk))
  if (verdicts.includes('valid') || !verdicts.includes('invalid')) return []
  return [{ pointer: 'signature', reason: 'The signature does not verify with any of the given keys.' }]
}

function borrowedSignatures(scene: Scene): readonly Remark[] {
  const seen = new Map<string, { readonly label: string; readonly input: string }>()
  return scene.subjects.flatMap(({ label, jwt }) => {
    if (jwt.kind !== 'signed' || jwt.signature.length < 16) return []
    const name = base64url(jwt.signature)
    const first = seen.get(name)
    seen.set(name, first ?? { label, input: jwt.signingInput })
    if (first === undefined || first.input === jwt.signingInput) return []
    return [
      {
        at: label,
        pointer: 'signature',
        reason: `The signature is that of ${first.label}, whose content is different: one of them was altered.`,
      },
    ]
  })
}
