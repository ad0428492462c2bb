import type { Jwk } from '../jose/keys.ts'
import { publicPart } from '../jose/keys.ts'
import { readJwt } from '../jose/read.ts'
import { guessProfile } from '../profile.ts'
import type { Material } from './attack.ts'
import type { ProbeOptions } from './probe-options.ts'

/** A fresh EC key pair for forgeries that bring their own key. */
export async function attackerKey(): Promise<Jwk> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return { kty, crv, x, y, d }
}

/** Collects what the attacks work with, with a fresh JWT when the caller can make one. Throws when the JWT is no signed JWT with claims. */
export async function materialFrom(options: ProbeOptions, attacker: Jwk, canary: { readonly url: string }): Promise<Material> {
  const compact = typeof options.jwt === 'string' ? options.jwt : await options.jwt()
  const valid = readJwt(compact.trim())
  if (valid.kind !== 'signed' || valid.payload.kind !== 'claims') throw new TypeError('The valid JWT must be a signed JWT with claims.')
  const signingKeys = options.signingKeys ?? []
  // The public halves of the signing keys are public keys of the verifier too.
  const derived = signingKeys.filter((jwk) => jwk['kty'] !== 'oct').map(publicPart)
  return {
    valid,
    claims: valid.payload.claims,
    publicKeys: options.publicKeys ?? derived,
    signingKeys,
    attackerKey: attacker,
    canary,
    profile: options.profile ?? guessProfile(valid),
    now: options.now?.() ?? Math.floor(Date.now() / 1000),
  }
}
