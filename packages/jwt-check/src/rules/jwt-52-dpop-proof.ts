import { base64url } from '../encoding/base64url.ts'
import { utf8 } from '../encoding/bytes.ts'
import { isJsonObject, type JsonObject } from '../encoding/json.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import { claimsOf, type SignedJwt } from '../jose/jwt.ts'
import { privateMembers } from '../jose/keys.ts'
import { embeddedKey, verifyWith } from '../jose/verify.ts'
import { plainType } from '../profile.ts'
import type { Rule } from '../rule.ts'
import type { DpopContext, Scene } from '../scene.ts'
import { eachSignedSlowly, type Note } from './each.ts'

/** A proof is fresh for this many seconds around now (RFC 9449 §11.1 speaks of seconds to minutes). */
const window = 300

/** The twelve checks of a DPoP proof, as far as they can be made without the server. */
export const dpopProof: Rule = {
  id: 'JWT-52',
  title: 'DPoP proof is malformed',
  severity: 'error',
  source: 'RFC 9449 §4.2, §4.3',
  why: 'A proof that does not name its request, or that is old, proves that somebody held the key at some time for something.',
  remedy: 'Make one proof per request: typ dpop+jwt, asymmetric alg, public jwk, fresh jti and iat, htm, htu without query, ath.',
  check: (scene) =>
    eachSignedSlowly(scene, async (jwt, { profile }) => {
      if (profile.name !== 'dpop' && !profile.typ.includes('dpop+jwt')) return []
      const claims = claimsOf(jwt)
      if (claims === undefined) return [{ pointer: 'claims', reason: 'The proof has no claims.' }]
      return [
        ...header(jwt),
        ...(await signature(jwt)),
        ...request(claims, scene.dpop ?? {}),
        ...freshness(claims, scene),
        ...(await binding(claims, scene.dpop)),
      ]
    }),
}

function header(jwt: SignedJwt): readonly Note[] {
  const { typ, alg, jwk } = jwt.header
  const notes: Note[] = []
  if (plainType(typ) !== 'dpop+jwt') notes.push({ pointer: 'header.typ', reason: 'typ is not dpop+jwt.' })
  const algorithm = signatureAlgorithm(alg)
  if (algorithm === undefined || algorithm.kind === 'hmac')
    notes.push({ pointer: 'header.alg', reason: 'alg is not an asymmetric signature algorithm.' })
  if (!isJsonObject(jwk)) notes.push({ pointer: 'header.jwk', reason: 'jwk is missing.' })
  else if (privateMembers(jwk).length > 0) notes.push({ pointer: 'header.jwk', reason: 'jwk contains a private key.' })
  return notes
}

async function signature(jwt: SignedJwt): Promise<readonly Note[]> {
  const jwk = embeddedKey(jwt)
  if (jwk === undefined || (await verifyWith(jwt, jwk)) !== 'invalid') return []
  return [{ pointer: 'signature', reason: 'The signature is not by the key in jwk.' }]
}

function request({ jti, htm, htu }: JsonObject, context: DpopContext): readonly Note[] {
  const notes: Note[] = []
  if (typeof jti !== 'string' || jti === '') notes.push({ pointer: 'claims.jti', reason: 'jti is missing.' })
  if (typeof htm !== 'string' || htm === '') notes.push({ pointer: 'claims.htm', reason: 'htm is missing.' })
  else if (context.method !== undefined && htm !== context.method)
    notes.push({ pointer: 'claims.htm', reason: `htm is ${htm}, the request is ${context.method}.` })
  if (typeof htu !== 'string' || !URL.canParse(htu)) return [...notes, { pointer: 'claims.htu', reason: 'htu is not a URL.' }]
  if (/[?#]/.test(htu)) notes.push({ pointer: 'claims.htu', reason: 'htu has a query or fragment.' })
  else if (context.url !== undefined && comparable(htu) !== comparable(context.url))
    notes.push({ pointer: 'claims.htu', reason: 'htu is not the URL of the request.' })
  return notes
}

function freshness({ iat }: JsonObject, { now }: Scene): readonly Note[] {
  if (typeof iat !== 'number') return [{ pointer: 'claims.iat', reason: 'iat is missing.' }]
  return Math.abs(now - iat) > window ? [{ pointer: 'claims.iat', reason: `The proof is ${Math.round(now - iat)} s old.` }] : []
}

async function binding({ ath }: JsonObject, context: DpopContext | undefined): Promise<readonly Note[]> {
  if (context?.accessToken === undefined) return []
  const expected = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(context.accessToken))))
  return ath === expected
    ? []
    : [{ pointer: 'claims.ath', reason: ath === undefined ? 'ath is missing.' : 'ath is not the hash of the access token.' }]
}

function comparable(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url === undefined ? address : `${url.origin}${url.pathname}`
}
