import { base64url } from '../../src/encoding/base64url.ts'
import { utf8 } from '../../src/encoding/bytes.ts'
import type { JsonObject } from '../../src/encoding/json.ts'
import { publicPart } from '../../src/jose/keys.ts'
import { profiles } from '../../src/profile.ts'
import { type Case, ecKey, good, jwt, macKey, now, otherEcKey, raw } from './make.ts'

const claims = { jti: good.jti, htm: 'GET', htu: 'https://api.example/orders', iat: now - 2 }
const header = { typ: 'dpop+jwt', jwk: publicPart(ecKey) }
const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const ath = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(accessToken))))

type Change = { readonly header?: JsonObject; readonly claims?: JsonObject }
const proof = (change: Change): Promise<string> => jwt({ ...claims, ...change.claims }, { ...header, ...change.header })

function faulty(name: string, change: Change, pointer: string, reason: string): Case {
  return {
    id: 'JWT-52',
    name,
    parts: async () => ({ jwts: [await proof(change)], profile: profiles.dpop }),
    fires: { pointer, reason, times: 1 },
  }
}

const context = { method: 'GET', url: 'https://api.example/orders?page=2', accessToken }

export const dpopCases: readonly Case[] = [
  faulty('another typ', { header: { typ: 'JWT' } }, 'header.typ', 'dpop+jwt'),
  {
    id: 'JWT-52',
    name: 'a symmetric alg',
    parts: async () => ({ jwts: [await jwt(claims, { ...header, alg: 'HS256' }, macKey)] }),
    fires: { pointer: 'header.alg', reason: 'asymmetric' },
  },
  {
    id: 'JWT-52',
    name: 'alg none',
    parts: () => ({ jwts: [raw({ ...header, alg: 'none' }, claims, '')] }),
    fires: { pointer: 'header.alg', reason: 'asymmetric' },
  },
  {
    id: 'JWT-52',
    name: 'no jwk',
    parts: async () => ({ jwts: [await jwt(claims, { typ: 'dpop+jwt' })] }),
    fires: { pointer: 'header.jwk', reason: 'missing', times: 1 },
  },
  faulty('a private jwk', { header: { jwk: ecKey } }, 'header.jwk', 'private'),
  faulty('a jwk that did not sign', { header: { jwk: publicPart(otherEcKey) } }, 'signature', 'not by the key'),
  faulty('no jti', { claims: { jti: '' } }, 'claims.jti', 'missing'),
  faulty('no htm', { claims: { htm: '' } }, 'claims.htm', 'missing'),
  faulty('an htu that is no URL', { claims: { htu: '/orders' } }, 'claims.htu', 'not a URL'),
  faulty('an htu with a query', { claims: { htu: 'https://api.example/orders?page=2' } }, 'claims.htu', 'query'),
  faulty('an htu with a fragment', { claims: { htu: 'https://api.example/orders#x' } }, 'claims.htu', 'query'),
  faulty('no iat', { claims: { iat: 'now' } }, 'claims.iat', 'missing'),
  faulty('an old iat', { claims: { iat: now - 301 } }, 'claims.iat', '301 s old'),
  faulty('an iat in the future', { claims: { iat: now + 301 } }, 'claims.iat', 'old'),
  {
    id: 'JWT-52',
    name: 'claims that are no object',
    parts: async () => ({ jwts: [await jwt('"x"', header)] }),
    fires: { pointer: 'claims', reason: 'no claims' },
  },
  {
    id: 'JWT-52',
    name: 'another method',
    parts: async () => ({ jwts: [await proof({ claims: { ath } })], dpop: { ...context, method: 'POST' } }),
    fires: { pointer: 'claims.htm', reason: 'POST', times: 1 },
  },
  {
    id: 'JWT-52',
    name: 'another URL',
    parts: async () => ({ jwts: [await proof({ claims: { ath } })], dpop: { ...context, url: 'https://api.example/else' } }),
    fires: { pointer: 'claims.htu', reason: 'not the URL', times: 1 },
  },
  {
    id: 'JWT-52',
    name: 'no ath',
    parts: async () => ({ jwts: [await proof({})], dpop: context }),
    fires: { pointer: 'claims.ath', reason: 'missing', times: 1 },
  },
  {
    id: 'JWT-52',
    name: 'the hash of another token',
    parts: async () => ({ jwts: [await proof({ claims: { ath } })], dpop: { ...context, accessToken: 'else' } }),
    fires: { pointer: 'claims.ath', reason: 'not the hash', times: 1 },
  },
  {
    id: 'JWT-52',
    name: 'a proof in order',
    parts: async () => ({ jwts: [await proof({}), await jwt({ ...claims, iat: now + 300 }, header)] }),
  },
  {
    id: 'JWT-52',
    name: 'a proof for its request and token',
    parts: async () => ({ jwts: [await proof({ claims: { ath } })], dpop: context }),
  },
  { id: 'JWT-52', name: 'an access token', parts: async () => ({ jwts: [await jwt()] }) },
  {
    id: 'JWT-52',
    name: "a faulty proof under a profile of one's own",
    parts: async () => ({ jwts: [await proof({ claims: { htm: '' } })], profile: { ...profiles.any, name: 'ours', typ: ['dpop+jwt'] } }),
    fires: { pointer: 'claims.htm', reason: 'missing' },
  },
]
