import { base64url } from '../../src/encoding/base64url.ts'
import { signatureBlock } from './signature-block.ts'
import { concat, type Bytes } from '../../src/encoding/bytes.ts'
import type { Jwk } from '../../src/jose/keys.ts'
import { publicPart } from '../../src/jose/keys.ts'
import { type Case, ec384Key, ec521Key, ecKey, edKey, good, held, jwt, keys, macKey, open, raw, rsaKey, secret } from './make.ts'
import { closePrimes, roca, shared } from './weak-moduli.ts'

const random = (length: number): string => base64url(crypto.getRandomValues(new Uint8Array(length)))
const rsa = (n: Bytes, e = 'AQAB'): Jwk => ({ kty: 'RSA', n: base64url(n), e })
const odd = (bits: number): Bytes => {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(bits / 8)))
  bytes[0] = 1 << ((bits - 1) % 8)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1
  return bytes
}
const flipped = (jwk: Jwk): Jwk => ({ ...publicPart(jwk), y: jwk['x'] })
const zeros = (length: number): string => base64url(new Uint8Array(length))

// The generator of secp256k1 (SEC 2 §2.4.1): a point that is known to lie on it.
const secp256k1Sample: Jwk = {
  kty: 'EC',
  crv: 'secp256k1',
  x: 'eb5mfvncu6xVoGKVzocLBwKb_NstzijZWfKBWxb4F5g',
  y: 'SDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj_sQ1Lg',
}

export const keyCases: readonly Case[] = [
  {
    id: 'JWT-06',
    name: 'a key of 16 bytes',
    parts: () => ({ keySets: held({ kty: 'oct', k: random(16) }) }),
    fires: { pointer: 'keys[0].k', reason: '16 bytes; at least 32' },
  },
  {
    id: 'JWT-06',
    name: 'a key of 31 bytes',
    parts: () => ({ keySets: held({ kty: 'oct', k: random(31) }) }),
    fires: { pointer: 'keys[0].k' },
  },
  {
    id: 'JWT-06',
    name: '47 bytes for HS384',
    parts: () => ({ keySets: held({ kty: 'oct', k: random(47), alg: 'HS384' }) }),
    fires: { pointer: 'keys[0].k', reason: 'at least 48' },
  },
  {
    id: 'JWT-06',
    name: '63 bytes where a JWT says HS512',
    parts: async () => ({ keySets: held({ kty: 'oct', k: random(63) }), jwts: [await jwt(good, { alg: 'HS512' })] }),
    fires: { pointer: 'keys[0].k', reason: 'at least 64' },
  },
  {
    id: 'JWT-06',
    name: 'an oct key without its bytes',
    parts: () => ({ keySets: held({ kty: 'oct' }) }),
    fires: { pointer: 'keys[0].k', reason: '0 bytes' },
  },
  {
    id: 'JWT-06',
    name: 'keys of full length',
    parts: () => ({
      keySets: held(
        { kty: 'oct', k: random(32) },
        { kty: 'oct', k: random(48), alg: 'HS384' },
        { kty: 'oct', k: random(64), alg: 'HS512' },
        ecKey,
      ),
    }),
  },
  {
    id: 'JWT-06',
    name: '32 bytes where a JWT says HS256',
    parts: async () => ({ keySets: held({ kty: 'oct', k: random(32) }), jwts: [await jwt(good, { alg: 'HS256' })] }),
  },
  { id: 'JWT-06', name: 'a 16-byte AES key', parts: () => ({ keySets: held({ kty: 'oct', k: random(16), alg: 'A128KW' }) }) },

  ...(
    [
      ['secret', 'HS256'],
      ['your-256-bit-secret', 'HS256'],
      ['keyboard cat', 'HS384'],
      ['Dragon2024', 'HS512'],
      ['my-token-secret', 'HS256'],
    ] as const
  ).map(([text, alg]): Case => ({
    id: 'JWT-07',
    name: `${alg} under a guessable secret (${text.length} characters)`,
    parts: async () => ({ jwts: [await jwt(good, { alg }, secret(text))], guessing: { milliseconds: 20_000 } }),
    fires: { pointer: 'signature', reason: `${text.length} characters` },
  })),
  {
    id: 'JWT-07',
    name: 'a secret made from the issuer',
    parts: async () => ({ jwts: [await jwt(good, { alg: 'HS256' }, secret('issuer.example-secret'))] }),
    fires: { pointer: 'signature', reason: 'visible name' },
  },
  {
    id: 'JWT-07',
    name: 'a secret made from a hint',
    parts: async () => ({ jwts: [await jwt(good, { alg: 'HS256' }, secret('Waldemar1!'))], guessing: { hints: ['waldemar'] } }),
    fires: { pointer: 'signature', reason: 'visible name' },
  },
  {
    id: 'JWT-07',
    name: 'a typed key in a key set',
    parts: () => ({ keySets: held(secret('Tr0ub4dor&3-battery')) }),
    fires: { pointer: 'keys[0].k', reason: 'typed characters' },
  },
  {
    id: 'JWT-07',
    name: 'a long key that repeats itself',
    parts: () => ({ keySets: held(secret('secret'.repeat(8))) }),
    fires: { pointer: 'keys[0].k', reason: 'repeats itself' },
  },
  {
    id: 'JWT-07',
    name: 'random keys',
    parts: async () => ({
      jwts: [await jwt(good, { alg: 'HS256' })],
      keySets: held(macKey, { kty: 'oct', k: random(32) }, { kty: 'oct', k: random(16) }),
      guessing: { tries: 3000 },
    }),
  },
  {
    id: 'JWT-07',
    name: 'a guessable secret when guessing is off',
    parts: async () => ({ jwts: [await jwt(good, { alg: 'HS256' }, secret('secret'))], guessing: { tries: 0 } }),
  },
  {
    id: 'JWT-07',
    name: 'a typed key of 44 base64 characters',
    parts: () => ({ keySets: held(secret('q9Wn3xT7bZ4kLr8Vd2Ys6Hf1Gj5Mc0PaUeXiRoEtQwI=')) }),
  },
  { id: 'JWT-07', name: 'an asymmetric signature', parts: async () => ({ jwts: [await jwt()] }) },

  {
    id: 'JWT-08',
    name: 'a modulus of 1024 bits',
    parts: () => ({ keySets: open(rsa(odd(1024))) }),
    fires: { pointer: 'keys[0].n', reason: '1024 bits' },
  },
  {
    id: 'JWT-08',
    name: 'a modulus of 2047 bits',
    parts: () => ({ keySets: open(rsa(odd(2047))) }),
    fires: { pointer: 'keys[0].n', reason: '2047 bits' },
  },
  {
    id: 'JWT-08',
    name: 'a modulus of 2048 bits, for information',
    parts: () => ({ keySets: open(rsa(odd(2048))) }),
    fires: { pointer: 'keys[0].n', severity: 'info', times: 1 },
  },
  {
    id: 'JWT-08',
    name: 'no modulus',
    parts: () => ({ keySets: open({ kty: 'RSA', e: 'AQAB' }) }),
    fires: { pointer: 'keys[0].n', reason: '0 bits' },
  },
  ...(['AQ', 'AA', 'Ag', 'AQAA'] as const).map((e): Case => ({
    id: 'JWT-08',
    name: `exponent ${e}`,
    parts: () => ({ keySets: open(rsa(odd(3072), e)) }),
    fires: { pointer: 'keys[0].e', reason: 'not odd' },
  })),
  {
    id: 'JWT-08',
    name: 'exponent 3',
    parts: () => ({ keySets: open(rsa(odd(3072), 'Aw')) }),
    fires: { pointer: 'keys[0].e', severity: 'warning' },
  },
  {
    id: 'JWT-08',
    name: 'a small key inside a header',
    parts: () => ({ jwts: [raw({ alg: 'RS256', jwk: rsa(odd(512)) })] }),
    fires: { pointer: 'header.jwk.n' },
  },
  { id: 'JWT-08', name: '3072 bits and 65537', parts: () => ({ keySets: open(rsa(odd(3072)), ecKey) }) },

  {
    id: 'JWT-09',
    name: 'primes that lie close together',
    parts: () => ({ keySets: open(rsa(closePrimes)) }),
    fires: { pointer: 'keys[0].n', reason: 'close' },
  },
  {
    id: 'JWT-09',
    name: 'an even modulus',
    parts: () => ({ keySets: open(rsa(concat(odd(2040), Uint8Array.of(2)))) }),
    fires: { pointer: 'keys[0].n', reason: 'factored' },
  },
  {
    id: 'JWT-09',
    name: 'the ROCA fingerprint',
    parts: () => ({ keySets: open(rsa(roca)) }),
    fires: { pointer: 'keys[0].n', reason: 'ROCA' },
  },
  {
    id: 'JWT-09',
    name: 'a prime shared by two keys',
    parts: () => ({ keySets: open(rsa(shared[0]), rsaKey, rsa(shared[1])) }),
    fires: { pointer: 'keys[0].n', reason: 'keys[2]', times: 1 },
  },
  {
    id: 'JWT-09',
    name: 'honest keys, one of them listed twice',
    parts: () => ({ keySets: [...open(rsaKey, rsa(shared[0])), ...open(rsaKey)] }),
  },
  {
    id: 'JWT-09',
    name: 'a key of another type with a number called n',
    parts: () => ({ keySets: open({ kty: 'EC', n: base64url(closePrimes) }) }),
  },

  ...(
    [
      ['P-256', ecKey],
      ['P-384', ec384Key],
      ['P-521', ec521Key],
    ] as const
  ).map(([crv, jwk]): Case => ({
    id: 'JWT-10',
    name: `a point off ${crv}`,
    parts: () => ({ keySets: open(flipped(jwk)) }),
    fires: { pointer: 'keys[0].x', reason: `not lie on ${crv}` },
  })),
  {
    id: 'JWT-10',
    name: 'a point under the name of another curve',
    parts: () => ({ keySets: open({ ...ecKey, crv: 'secp256k1' }) }),
    fires: { pointer: 'keys[0].x', reason: 'not lie on secp256k1' },
  },
  {
    id: 'JWT-10',
    name: 'an unknown curve',
    parts: () => ({ keySets: open({ ...ecKey, crv: 'P-192' }) }),
    fires: { pointer: 'keys[0].x', reason: 'no curve' },
  },
  {
    id: 'JWT-10',
    name: 'coordinates that are too short',
    parts: () => ({ keySets: open({ ...ec384Key, crv: 'P-521' }) }),
    fires: { pointer: 'keys[0].x', reason: '66 bytes' },
  },
  {
    id: 'JWT-10',
    name: 'a missing coordinate',
    parts: () => ({ keySets: open({ kty: 'EC', crv: 'P-256', x: zeros(32) }) }),
    fires: { pointer: 'keys[0].x', reason: 'missing' },
  },
  {
    id: 'JWT-10',
    name: 'zero coordinates',
    parts: () => ({ keySets: open({ kty: 'EC', crv: 'P-256', x: zeros(32), y: zeros(32) }) }),
    fires: { pointer: 'keys[0].x', reason: 'zero' },
  },
  {
    id: 'JWT-10',
    name: 'coordinates beyond the field',
    parts: () => ({
      keySets: open({ kty: 'EC', crv: 'P-256', x: base64url(new Uint8Array(32).fill(255)), y: base64url(new Uint8Array(32).fill(255)) }),
    }),
    fires: { pointer: 'keys[0].x', reason: 'not lie' },
  },
  {
    id: 'JWT-10',
    name: 'an epk off the curve',
    parts: () => ({ jwts: [raw({ alg: 'ECDH-ES', epk: flipped(ecKey) })] }),
    fires: { pointer: 'header.epk.x' },
  },
  {
    id: 'JWT-10',
    name: 'an Ed25519 key of small order',
    parts: () => ({ keySets: open({ kty: 'OKP', crv: 'Ed25519', x: base64url(Uint8Array.of(1, ...new Uint8Array(31))) }) }),
    fires: { pointer: 'keys[0].x', reason: 'small order' },
  },
  {
    id: 'JWT-10',
    name: 'an Ed25519 key of the wrong length',
    parts: () => ({ keySets: open({ kty: 'OKP', crv: 'Ed25519', x: zeros(31) }) }),
    fires: { pointer: 'keys[0].x', reason: '32 bytes' },
  },
  {
    id: 'JWT-10',
    name: 'an OKP key on no known curve',
    parts: () => ({ keySets: open({ kty: 'OKP', crv: 'Ed1', x: zeros(32) }) }),
    fires: { pointer: 'keys[0].x', reason: 'no curve' },
  },
  {
    id: 'JWT-10',
    name: 'honest points on every curve',
    parts: () => ({ keySets: open(ecKey, ec384Key, ec521Key, edKey, rsaKey, secp256k1Sample) }),
  },

  {
    id: 'JWT-11',
    name: 'a DER signature',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, good, base64url(Uint8Array.of(0x30, 0x44, ...new Uint8Array(68).fill(5))))] }),
    fires: { pointer: 'signature', reason: 'DER' },
  },
  {
    id: 'JWT-11',
    name: 'a signature of 63 bytes',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, good, signatureBlock(63))] }),
    fires: { pointer: 'signature', reason: 'ES256 needs 64' },
  },
  {
    id: 'JWT-11',
    name: 'an all-zero signature',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, good, zeros(64))] }),
    fires: { pointer: 'signature', reason: 'zero' },
  },
  {
    id: 'JWT-11',
    name: 'r = 0',
    parts: () => ({ jwts: [raw({ alg: 'ES384' }, good, base64url(Uint8Array.of(...new Uint8Array(48), ...new Uint8Array(48).fill(9))))] }),
    fires: { pointer: 'signature', reason: 'zero' },
  },
  {
    id: 'JWT-11',
    name: 's = 0',
    parts: () => ({ jwts: [raw({ alg: 'ES512' }, good, base64url(Uint8Array.of(...new Uint8Array(66).fill(9), ...new Uint8Array(66))))] }),
    fires: { pointer: 'signature', reason: 'zero' },
  },
  {
    id: 'JWT-11',
    name: 'honest signatures on three curves',
    parts: async () => ({
      jwts: [await jwt(), await jwt(good, { alg: 'ES384' }), await jwt(good, { alg: 'ES512' }), await jwt(good, { alg: 'HS256' })],
    }),
  },
  { id: 'JWT-11', name: 'an empty signature, which JWT-44 reports', parts: () => ({ jwts: [raw({ alg: 'ES256' }, good, '')] }) },

  {
    id: 'JWT-27',
    name: 'the same kid twice',
    parts: () => ({ keySets: open({ ...ecKey, kid: 'a' }, { ...rsaKey, kid: 'b' }, { ...edKey, kid: 'a' }) }),
    fires: { pointer: 'keys[2].kid', reason: 'keys[0]', times: 1 },
  },
  {
    id: 'JWT-27',
    name: 'a key without kid among several',
    parts: () => ({ keySets: open({ ...ecKey, kid: 'a' }, rsaKey) }),
    fires: { pointer: 'keys[1].kid', times: 1 },
  },
  {
    id: 'JWT-27',
    name: 'a JWT without kid where several keys fit',
    parts: async () => ({ jwts: [await jwt()], keySets: open({ ...ecKey, kid: 'a' }, { ...ecKey, kid: 'b' }) }),
    fires: { pointer: 'header.kid', reason: '2 keys fit' },
  },
  {
    id: 'JWT-27',
    name: 'unique identifiers',
    parts: async () => ({ jwts: [await jwt(good, { kid: 'a' })], keySets: open({ ...ecKey, kid: 'a' }, { ...ecKey, kid: 'b' }) }),
  },
  { id: 'JWT-27', name: 'a single key without kid', parts: async () => ({ jwts: [await jwt()], keySets: open(ecKey) }) },
  {
    id: 'JWT-27',
    name: 'a JWT without kid where one key fits',
    parts: async () => ({ jwts: [await jwt()], keySets: open({ ...ecKey, kid: 'a' }, { ...rsaKey, kid: 'b' }) }),
  },

  ...(
    [
      ['d', ecKey],
      ['k', macKey],
    ] as const
  ).map(([member, jwk]): Case => ({
    id: 'JWT-47',
    name: `a published ${member}`,
    parts: () => ({ keySets: [keys([publicPart(rsaKey), jwk])] }),
    fires: { pointer: 'keys[1]', reason: member },
  })),
  {
    id: 'JWT-47',
    name: 'a key set over http',
    parts: () => ({ keySets: [keys([publicPart(ecKey)], { url: 'http://issuer.example/jwks' })] }),
    fires: { pointer: 'url', reason: 'TLS' },
  },
  {
    id: 'JWT-47',
    name: 'a key set without cache headers',
    parts: () => ({ keySets: [keys([publicPart(ecKey)], { url: 'https://issuer.example/jwks', headers: {} })] }),
    fires: { pointer: 'response.headers', severity: 'warning' },
  },
  {
    id: 'JWT-47',
    name: 'public keys over https with cache headers',
    parts: () => ({
      keySets: [
        keys([publicPart(ecKey)], { url: 'https://issuer.example/jwks', headers: { 'cache-control': 'max-age=600' } }),
        keys([publicPart(ecKey)], { headers: { expires: 'soon' } }),
      ],
    }),
  },
  { id: 'JWT-47', name: 'secrets that the owner hands to the checker', parts: () => ({ keySets: held(macKey, ecKey) }) },
  {
    id: 'JWT-07',
    name: 'a typed key of exactly 32 characters',
    parts: () => ({ keySets: held(secret('q9Wn3xT7bZ4kLr8Vd2Ys6Hf1Gj5Mc0Pa')) }),
  },
  {
    id: 'JWT-07',
    name: 'a typed key of 31 characters',
    parts: () => ({ keySets: held(secret('q9Wn3xT7bZ4kLr8Vd2Ys6Hf1Gj5Mc0P')) }),
    fires: { pointer: 'keys[0].k', reason: 'typed characters' },
  },
  {
    id: 'JWT-09',
    name: 'a prime shared by neighbours',
    parts: () => ({ keySets: open(rsa(shared[0]), rsa(shared[1])) }),
    fires: { pointer: 'keys[0].n', reason: 'keys[1]', times: 1 },
  },
]
