import { base64url } from '../encoding/base64url.ts'
import { type Bytes, utf8 } from '../encoding/bytes.ts'
import type { JsonObject } from '../encoding/json.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import type { Jwk } from '../jose/keys.ts'
import { hmac, signBytes, signingInput, signJwt } from '../jose/sign.ts'
import { fits } from '../jose/verify.ts'
import type { Forgery, Material, Skipped } from './attack.ts'

/** Said by every attack that needs a genuine signature. */
export const needsSigningKey: Skipped = { skipped: 'needs a signing key that the verifier trusts (--signing-key)' }
export const needsPublicKeys: Skipped = { skipped: "needs the verifier's public keys (--keys)" }

/** The first two parts under a new header, claims kept unless given. */
export function unsigned(material: Material, header: JsonObject, claims: JsonObject = material.claims): string {
  return signingInput(header, claims)
}

/** The signing key that fits the algorithm of the valid JWT. */
export function signingKey(material: Material): Jwk | undefined {
  const algorithm = signatureAlgorithm(material.valid.header['alg'])
  return algorithm === undefined ? undefined : material.signingKeys.find((jwk) => fits(algorithm, jwk))
}

type Change = { readonly header?: JsonObject; readonly claims?: JsonObject; readonly without?: readonly string[] }

/**
 * The valid JWT with changes, under a genuine signature: what only the issuer, or an attacker with another JWT of it, has.
 * A fresh `jti` keeps replay protection from hiding the flaw under test.
 */
export async function resigned(material: Material, change: Change): Promise<string> {
  const jwk = signingKey(material)
  if (jwk === undefined) throw new Error('resigned() is called with a signing key only')
  const jti = material.claims['jti'] === undefined ? {} : { jti: crypto.randomUUID() }
  const claims = { ...material.claims, ...jti, ...change.claims }
  return signJwt({ ...material.valid.header, ...change.header }, omit(claims, change.without ?? []), jwk)
}

/** Forgeries that all need a genuine signature and break a rule about claims; skipped as a whole without the key. */
export async function claimForgeries(
  material: Material,
  changes: readonly (Change & Pick<Forgery, 'label' | 'severity'>)[],
): Promise<readonly Forgery[] | Skipped> {
  if (signingKey(material) === undefined) return needsSigningKey
  return Promise.all(
    changes.map(async ({ label, severity, ...change }): Promise<Forgery> => ({
      label,
      flaw: 'claims',
      jwt: await resigned(material, change),
      ...(severity === undefined ? {} : { severity }),
    })),
  )
}

/** Exact header and claims texts under a genuine signature, for JSON that no serializer would write. */
export async function signedTexts(material: Material, headerText: string, claimsBytes: Bytes): Promise<string> {
  const jwk = signingKey(material)
  if (jwk === undefined) throw new Error('signedTexts() is called with a signing key only')
  const input = `${base64url(utf8(headerText))}.${base64url(claimsBytes)}`
  return `${input}.${base64url(await signBytes(String(signatureAlgorithm(material.valid.header['alg'])?.alg), utf8(input), jwk))}`
}

/** An HS256 JWT under a raw secret. */
export async function withSecret(header: JsonObject, claims: JsonObject, secret: Bytes): Promise<string> {
  const input = signingInput({ ...header, alg: 'HS256' }, claims)
  return `${input}.${base64url(await hmac(256, secret, utf8(input)))}`
}

/** A JWT signed by the attacker's own key. */
export async function byAttacker(material: Material, header: JsonObject): Promise<string> {
  const { kid: _kid, ...rest } = material.valid.header
  return signJwt({ ...rest, ...header, alg: 'ES256' }, material.claims, material.attackerKey)
}

/** The object without the named members. */
export function omit(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}
