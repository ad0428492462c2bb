import { failed, fine, type Outcome } from '../outcome.ts'
import { isSigningAlgorithm, RECIPES, type SigningAlgorithm, type VerifyingAlgorithm } from './algorithm.ts'
import { algorithmOf, thumbprint, type Jwk } from './jwk.ts'

/** Something that signs. A key in a vault or a hardware module implements `sign` itself; it gets the bytes of the signature base. */
export interface SigningKey {
  readonly keyid: string
  readonly algorithm: SigningAlgorithm
  sign(base: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
}

/** A key that checks signatures. `notBefore` and `notAfter` are Unix seconds, null for no limit. */
export interface VerifyingKey {
  readonly keyid: string
  readonly algorithm: VerifyingAlgorithm
  readonly notBefore: number | null
  readonly notAfter: number | null
  verify(base: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean>
}

/** Makes a signing key of a private JWK. Throws on a key that cannot sign: an unusable configuration, not a daily outcome. */
export async function signingKey(jwk: Jwk): Promise<SigningKey> {
  const algorithm = algorithmOf(jwk)
  if (!algorithm.ok) throw new TypeError(`Not a signing key: ${algorithm.detail}.`)
  if (!isSigningAlgorithm(algorithm.value)) throw new TypeError(`Not a signing key: ${algorithm.value} is for reading only.`)
  if (jwk.kty !== 'oct' && jwk.d === undefined) throw new TypeError('Not a signing key: the private member `d` is missing.')
  const recipe = RECIPES[algorithm.value]
  const key = await crypto.subtle.importKey('jwk', bare(jwk, true), recipe.importing, false, ['sign'])
  return {
    keyid: jwk.kid ?? (await thumbprint(jwk)),
    algorithm: algorithm.value,
    sign: async (base) => new Uint8Array(await crypto.subtle.sign(recipe.using, key, base)),
  }
}

/** Makes a verifying key of a JWK; private members are left out. Without `kid` the keyid is the thumbprint. */
export async function verifyingKey(jwk: Jwk): Promise<Outcome<VerifyingKey, 'unusable_key'>> {
  const algorithm = algorithmOf(jwk)
  if (!algorithm.ok) return algorithm
  if (jwk.kty === 'oct' && jwk.kid === undefined) return failed('unusable_key', 'a shared secret without a kid')
  const recipe = RECIPES[algorithm.value]
  try {
    const key = await crypto.subtle.importKey('jwk', bare(jwk, false), recipe.importing, false, ['verify'])
    return fine({
      keyid: jwk.kid ?? (await thumbprint(jwk)),
      algorithm: algorithm.value,
      notBefore: jwk.nbf ?? null,
      notAfter: jwk.exp ?? null,
      verify: (base, signature) => crypto.subtle.verify(recipe.using, key, signature, base),
    })
  } catch (error) {
    return failed('unusable_key', error instanceof Error ? error.message : 'the key does not import')
  }
}

// Only what the mathematics needs: `key_ops`, `ext` and `alg` would make Web Crypto refuse keys that are fine.
function bare(jwk: Jwk, withPrivate: boolean): Record<string, string> {
  const names = ['kty', 'crv', 'x', 'y', 'k', 'n', 'e', ...(withPrivate ? (['d'] as const) : [])] as const
  const wanted: Record<string, string> = {}
  for (const name of names) {
    const value = jwk[name]
    if (value !== undefined) wanted[name] = value
  }
  return wanted
}
