import { writeFileSync } from 'node:fs'
import { toBase64Url } from '../src/encoding.ts'
import { signingKey, type Jwk } from '../src/index.ts'
import { ECC_P256, ED25519, SHARED_SECRET } from './appendix-b.ts'
import { asFile } from './make-vectors.ts'

/** JWTs as a gateway puts them on requests (`assertion`), and what an API must make of each. */
export interface AssertionVectors {
  readonly now: number
  readonly issuer: string
  readonly audience: string
  readonly keys: readonly Jwk[]
  readonly cases: readonly { readonly name: string; readonly jwt: string; readonly accepted: boolean }[]
}

const NOW = 1_795_435_200
const ISSUER = 'https://shop.example.test'
const AUDIENCE = 'https://api.example.test'
// The published test keys of RFC 9421 Appendix B.1.
const EC: Jwk = { ...ECC_P256, d: 'UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs' }
const ALGORITHMS: readonly (readonly [string, Jwk])[] = [
  ['ES256', EC],
  ['EdDSA', ED25519],
  ['HS256', SHARED_SECRET],
]
const CLAIMS = { iss: ISSUER, aud: AUDIENCE, iat: NOW, nbf: NOW - 5, exp: NOW + 60, jti: 'n-0S6_WzA2Mj', sub: 'acc_1', roles: ['staff'] }

const part = (value: unknown): string => toBase64Url(new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)))

async function jwt(claims: unknown = CLAIMS, header: object = {}, key: Jwk = EC): Promise<string> {
  const text = `${part({ alg: 'ES256', typ: 'cloakroom+jwt', kid: key.kid, ...header })}.${part(claims)}`
  return `${text}.${toBase64Url(await (await signingKey(key)).sign(new TextEncoder().encode(text)))}`
}

export async function makeAssertionVectors(): Promise<AssertionVectors> {
  const good = await jwt()
  const [head = '', body = '', signature = ''] = good.split('.')
  const cases: { name: string; jwt: string; accepted: boolean }[] = []
  const add = (name: string, text: string, accepted = false): number => cases.push({ name, jwt: text, accepted })
  for (const [alg, key] of ALGORITHMS) add(`signed with ${alg}`, await jwt(CLAIMS, { alg }, key), true)
  add('for several audiences, this one among them', await jwt({ ...CLAIMS, aud: ['other', AUDIENCE] }), true)
  add('in its last second', await jwt({ ...CLAIMS, exp: NOW + 1 }), true)
  add('in its first second', await jwt({ ...CLAIMS, nbf: NOW }), true)
  const changed = {
    'expired this second': { exp: NOW },
    'not valid yet': { nbf: NOW + 1 },
    'for another API': { aud: 'https://other.example' },
  }
  for (const [name, claims] of Object.entries(changed)) add(name, await jwt({ ...CLAIMS, ...claims }))
  add('for other APIs', await jwt({ ...CLAIMS, aud: ['a', 'b'] }))
  add('from another issuer', await jwt({ ...CLAIMS, iss: 'https://evil.example' }))
  for (const missing of ['exp', 'aud', 'iss'] as const) add(`without ${missing}`, await jwt({ ...CLAIMS, [missing]: undefined }))
  add('an expiry that is a text', await jwt({ ...CLAIMS, exp: String(NOW + 60) }))
  add('claims that are no object', await jwt([CLAIMS]))
  add('claims that are no JSON', await jwt('{'))
  add('of another type', await jwt(CLAIMS, { typ: 'JWT' }))
  add('of no type', await jwt(CLAIMS, { typ: undefined }))
  add('with a header that must be understood', await jwt(CLAIMS, { crit: ['exp'] }))
  add('of a key that nobody knows', await jwt(CLAIMS, { kid: 'another' }))
  add('of no key', await jwt(CLAIMS, { kid: undefined }))
  add('an algorithm that is not the key’s', await jwt(CLAIMS, { alg: 'HS256' }))
  add('an algorithm in lower case', await jwt(CLAIMS, { alg: 'es256' }))
  add('signed with another key than it names', await jwt(CLAIMS, { alg: 'EdDSA', kid: EC.kid }, ED25519))
  add('without a signature', `${part({ alg: 'none', typ: 'cloakroom+jwt', kid: EC.kid })}.${body}.`)
  add('its signature left out', `${head}.${body}.`)
  add('other claims under its signature', `${head}.${part({ ...CLAIMS, roles: ['admin'] })}.${signature}`)
  add('a signature with one bit changed', `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`)
  add('a signature in DER’s length', `${good}AAAA`)
  add('two parts', `${head}.${body}`)
  add('four parts', `${good}.`)
  add('nothing', '')
  return { now: NOW, issuer: ISSUER, audience: AUDIENCE, keys: [ED25519, EC, SHARED_SECRET], cases }
}

// node packages/signature/test/make-assertions.ts --write
if (process.argv[2] === '--write' && import.meta.main)
  writeFileSync(new URL('../vectors/assertions.json', import.meta.url), asFile(await makeAssertionVectors()))
