import { claimsOf, headerOf } from '../jose/jwt.ts'
import { plainType } from '../profile.ts'
import type { Rule } from '../rule.ts'
import { type Kind, kindOf } from './kinds.ts'

type Issued = { readonly label: string; readonly kind: Kind; readonly typ: string; readonly sameness: string }

/** Two kinds of JWT that a verifier cannot tell apart. */
export const kindConfusion: Rule = {
  id: 'JWT-24',
  title: 'Two kinds of JWT look alike',
  severity: 'error',
  source: 'bis §2.8, §3.12',
  why: 'When an issuer makes several kinds with the same issuer, audience and type, each is accepted where the other is meant.',
  remedy: 'Give each kind its own "typ", or its own audience, issuer or keys, so that the validation rules exclude each other.',
  check: (scene) => {
    const issued = scene.subjects.flatMap(({ label, jwt }): readonly Issued[] => {
      const claims = claimsOf(jwt)
      if (claims === undefined || claims['iss'] === undefined) return []
      const sameness = JSON.stringify([claims['iss'], claims['aud'], headerOf(jwt)?.['kid']])
      return [{ label, kind: kindOf(claims), typ: plainType(headerOf(jwt)?.['typ']) || 'JWT', sameness }]
    })
    return issued.flatMap((one, i) =>
      issued
        .slice(0, i)
        .filter((other) => confusable(one, other))
        .map((other) => ({
          at: one.label,
          pointer: 'header.typ',
          reason: `Same iss, aud, key and typ as ${other.label}, though one is ${one.kind} and the other ${other.kind}.`,
        })),
    )
  },
}

function confusable(a: Issued, b: Issued): boolean {
  return a.kind !== b.kind && a.kind !== 'unknown' && b.kind !== 'unknown' && a.typ === b.typ && a.sameness === b.sameness
}
