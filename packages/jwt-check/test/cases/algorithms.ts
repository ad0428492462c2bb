import { base64url } from '../../src/encoding/base64url.ts'
import { utf8 } from '../../src/encoding/bytes.ts'
import { publicKeySpellings } from '../../src/jose/key-spellings.ts'
import { publicPart } from '../../src/jose/keys.ts'
import { hmac, signingInput } from '../../src/jose/sign.ts'
import { profiles } from '../../src/profile.ts'
import { type Case, ecKey, edKey, ec384Key, good, held, jwe, jwt, macKey, open, raw, rsaKey } from './make.ts'

const any = profiles.any
const spellings = [...(await publicKeySpellings(rsaKey)), ...(await publicKeySpellings(ecKey))]

async function confused(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const input = signingInput({ alg: 'HS256', typ: 'at+jwt' }, good)
  return `${input}.${base64url(await hmac(256, bytes, utf8(input)))}`
}

export const algorithmCases: readonly Case[] = [
  ...['none', 'None', 'NONE', 'nOnE', ' none'].map((alg): Case => ({
    id: 'JWT-01',
    name: `alg "${alg}"`,
    parts: () => ({ jwts: [raw({ alg }, good, '')] }),
    fires: { pointer: 'header.alg', reason: 'no signature', times: 1 },
  })),
  { id: 'JWT-01', name: 'a signed JWT', parts: async () => ({ jwts: [await jwt()] }) },
  { id: 'JWT-01', name: 'an alg that merely contains the word', parts: () => ({ jwts: [raw({ alg: 'nonesuch' })] }) },

  {
    id: 'JWT-02',
    name: 'alg in the wrong case',
    parts: () => ({ jwts: [raw({ alg: 'hs256' })] }),
    fires: { pointer: 'header.alg', reason: 'misspelling of "HS256"', times: 1 },
  },
  {
    id: 'JWT-02',
    name: 'alg with a space',
    parts: () => ({ jwts: [raw({ alg: 'RS256 ' })] }),
    fires: { pointer: 'header.alg', reason: 'misspelling of "RS256"' },
  },
  {
    id: 'JWT-02',
    name: 'an alg off the list',
    parts: async () => ({ jwts: [await jwt()], profile: { ...any, algorithms: ['PS256', 'Ed25519'] } }),
    fires: { pointer: 'header.alg', reason: 'not among PS256, Ed25519' },
  },
  {
    id: 'JWT-02',
    name: 'no alg at all',
    parts: () => ({ jwts: [raw({ typ: 'at+jwt' })] }),
    fires: { pointer: 'header.alg', reason: 'missing' },
  },
  {
    id: 'JWT-02',
    name: 'an alg that is a number',
    parts: () => ({ jwts: [raw({ alg: 256 })] }),
    fires: { pointer: 'header.alg', reason: 'not a string' },
  },
  {
    id: 'JWT-02',
    name: 'a signature algorithm in a JWE',
    parts: () => ({ jwts: [jwe({ alg: 'ES256' })] }),
    fires: { pointer: 'header.alg', reason: 'not among' },
  },
  {
    id: 'JWT-02',
    name: 'a block-list',
    parts: async () => ({ jwts: [await jwt()], profile: { ...any, blockedAlgorithms: ['none'] } }),
    fires: { pointer: 'profile.blockedAlgorithms', severity: 'warning' },
  },
  {
    id: 'JWT-02',
    name: 'an alg on the list',
    parts: async () => ({ jwts: [await jwt()], profile: { ...any, algorithms: ['ES256'], blockedAlgorithms: ['none'] } }),
  },
  { id: 'JWT-02', name: 'a registered JWE algorithm', parts: () => ({ jwts: [jwe({ alg: 'RSA-OAEP-256' })] }) },
  { id: 'JWT-02', name: 'none, which JWT-01 reports', parts: () => ({ jwts: [raw({ alg: 'NONE' })] }) },

  ...spellings.map(({ name, bytes }, index): Case => ({
    id: 'JWT-03',
    name: `an HMAC made with a public key, spelling ${index + 1}: ${name}`,
    parts: async () => ({ jwts: [await confused(bytes)], keySets: open(rsaKey, ecKey) }),
    fires: { pointer: 'signature', reason: name },
  })),
  {
    id: 'JWT-03',
    name: 'an HMAC made with a secret',
    parts: async () => ({ jwts: [await jwt(good, { alg: 'HS256' })], keySets: open(rsaKey, ecKey) }),
  },
  {
    id: 'JWT-03',
    name: 'an honest RSA signature',
    parts: async () => ({ jwts: [await jwt(good, { alg: 'RS256' })], keySets: open(rsaKey) }),
  },

  {
    id: 'JWT-04',
    name: 'ES256 with an RSA key',
    parts: async () => ({ jwts: [await jwt()], keySets: open(rsaKey) }),
    fires: { pointer: 'header.alg', reason: 'kty "RSA"' },
  },
  {
    id: 'JWT-04',
    name: 'ES256 with a P-384 key',
    parts: async () => ({ jwts: [await jwt()], keySets: open(ec384Key) }),
    fires: { pointer: 'header.alg', reason: 'crv "P-384"' },
  },
  {
    id: 'JWT-04',
    name: 'a PS256 key used under RS256',
    parts: async () => ({
      jwts: [await jwt(good, { alg: 'RS256', kid: 'a' })],
      keySets: open({ ...rsaKey, alg: 'PS256', kid: 'a' }, { ...ecKey, kid: 'b' }),
    }),
    fires: { pointer: 'header.alg', reason: 'is for PS256', times: 1 },
  },
  {
    id: 'JWT-04',
    name: 'an encryption key',
    parts: async () => ({ jwts: [await jwt()], keySets: open({ ...ecKey, use: 'enc' }) }),
    fires: { pointer: 'key.use' },
  },
  {
    id: 'JWT-04',
    name: 'a key whose operations are others',
    parts: async () => ({ jwts: [await jwt()], keySets: held({ ...ecKey, key_ops: ['deriveBits'] }) }),
    fires: { pointer: 'key.key_ops' },
  },
  {
    id: 'JWT-04',
    name: 'an embedded key of another type',
    parts: () => ({ jwts: [raw({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicPart(rsaKey) })] }),
    fires: { pointer: 'header.alg' },
  },
  {
    id: 'JWT-04',
    name: 'header and key in agreement',
    parts: async () => ({ jwts: [await jwt()], keySets: held({ ...ecKey, alg: 'ES256', use: 'sig', key_ops: ['verify'] }) }),
  },
  {
    id: 'JWT-04',
    name: 'the key with the right kid among others',
    parts: async () => ({ jwts: [await jwt(good, { kid: 'b' })], keySets: open({ ...rsaKey, kid: 'a' }, { ...ecKey, kid: 'b' }) }),
  },

  {
    id: 'JWT-05',
    name: 'an allow-list of both families',
    parts: async () => ({ jwts: [await jwt()], profile: { ...any, algorithms: ['HS256', 'RS256'] } }),
    fires: { pointer: 'profile.algorithms', reason: 'HS256, RS256' },
  },
  {
    id: 'JWT-05',
    name: 'a key set of both families',
    parts: () => ({ keySets: held(macKey, ecKey) }),
    fires: { pointer: 'keys', reason: 'beside' },
  },
  {
    id: 'JWT-05',
    name: 'an allow-list of one family',
    parts: async () => ({ jwts: [await jwt()], profile: { ...any, algorithms: ['ES256', 'RS256'] } }),
  },
  {
    id: 'JWT-05',
    name: 'an allow-list of HMACs',
    parts: async () => ({ jwts: [await jwt()], profile: { ...any, algorithms: ['HS256', 'HS512'] } }),
  },
  { id: 'JWT-05', name: 'key sets of one family each', parts: () => ({ keySets: [...held(macKey), ...open(ecKey)] }) },

  {
    id: 'JWT-12',
    name: 'RSA1_5',
    parts: () => ({ jwts: [jwe({ alg: 'RSA1_5' })] }),
    fires: { pointer: 'header.alg', reason: 'padding oracles' },
  },
  ...['RS256', 'RS384', 'RS512'].map((alg): Case => ({
    id: 'JWT-12',
    name: `${alg}, for information`,
    parts: async () => ({ jwts: [await jwt(good, { alg })] }),
    fires: { pointer: 'header.alg', severity: 'info' },
  })),
  {
    id: 'JWT-12',
    name: 'PS256 and RSA-OAEP-256',
    parts: async () => ({ jwts: [await jwt(good, { alg: 'PS256' }), jwe({ alg: 'RSA-OAEP-256' })] }),
  },

  {
    id: 'JWT-13',
    name: 'EdDSA',
    parts: async () => ({ jwts: [await jwt(good, { alg: 'EdDSA' }, edKey)] }),
    fires: { pointer: 'header.alg', reason: 'Ed25519 names the curve' },
  },
  {
    id: 'JWT-13',
    name: 'ES256K',
    parts: () => ({ jwts: [raw({ alg: 'ES256K' })] }),
    fires: { pointer: 'header.alg', severity: 'warning' },
  },
  { id: 'JWT-13', name: 'Ed25519 and ES256', parts: async () => ({ jwts: [await jwt(good, { alg: 'Ed25519' }), await jwt()] }) },

  ...['HS1', 'RS1', 'HMAC-MD5', 'RSA-SHA1', 'sha1'].map((alg): Case => ({
    id: 'JWT-14',
    name: `alg ${alg}`,
    parts: () => ({ jwts: [raw({ alg })] }),
    fires: { pointer: 'header.alg', reason: 'broken hash' },
  })),
  {
    id: 'JWT-14',
    name: 'an invented alg',
    parts: () => ({ jwts: [raw({ alg: 'XOR256' })] }),
    fires: { pointer: 'header.alg', reason: 'not registered', times: 1 },
  },
  {
    id: 'JWT-14',
    name: 'an unknown key management',
    parts: () => ({ jwts: [jwe({ alg: 'ES256' })] }),
    fires: { pointer: 'header.alg', reason: 'not registered' },
  },
  {
    id: 'JWT-14',
    name: 'a dir key that also signs',
    parts: () => ({ jwts: [jwe({ alg: 'dir' })], keySets: held({ ...macKey, alg: 'HS256' }) }),
    fires: { pointer: 'header.alg', reason: 'another use' },
  },
  {
    id: 'JWT-14',
    name: 'a dir key marked for signatures',
    parts: () => ({ jwts: [jwe({ alg: 'dir', kid: 'a' })], keySets: held({ ...macKey, use: 'sig', kid: 'a' }) }),
    fires: { pointer: 'header.alg', reason: 'another use' },
  },
  {
    id: 'JWT-14',
    name: 'a dir key listed twice',
    parts: () => ({ jwts: [jwe({ alg: 'dir', kid: 'a' })], keySets: held({ ...macKey, kid: 'a' }, { ...macKey, kid: 'b' }) }),
    fires: { pointer: 'header.alg', reason: 'another use' },
  },
  {
    id: 'JWT-14',
    name: 'a dir key of its own beside others',
    parts: () => ({
      jwts: [jwe({ alg: 'dir', kid: 'a' })],
      keySets: held({ ...macKey, kid: 'a', use: 'enc' }, { kty: 'oct', k: 'AAECAwQ', kid: 'b', alg: 'HS256' }),
    }),
  },
  {
    id: 'JWT-14',
    name: 'registered algorithms and near misspellings, which JWT-02 reports',
    parts: async () => ({ jwts: [await jwt(), raw({ alg: 'hs256' }), raw({ alg: 'HS512' }), jwe({ alg: 'A256KW' })] }),
  },
  { id: 'JWT-14', name: 'none, which JWT-01 reports', parts: () => ({ jwts: [raw({ alg: 'None' })] }) },
  {
    id: 'JWT-04',
    name: 'a JWT without kid and the only key of another type, though that has a kid',
    parts: async () => ({ jwts: [await jwt()], keySets: open({ ...rsaKey, kid: 'a' }) }),
    fires: { pointer: 'header.alg', reason: 'kty "RSA"' },
  },
  {
    id: 'JWT-14',
    name: 'a dir key that signs, chosen without kid',
    parts: () => ({ jwts: [jwe({ alg: 'dir' })], keySets: held({ ...macKey, kid: 'a', alg: 'HS512' }) }),
    fires: { pointer: 'header.alg', reason: 'another use' },
  },
]
