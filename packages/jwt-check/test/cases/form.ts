import { base64url } from '../../src/encoding/base64url.ts'
import { concat, utf8 } from '../../src/encoding/bytes.ts'
import { readKeySet } from '../../src/jose/keys.ts'
import { type Case, ecKey, edKey, good, jwe, jwt, macKey, open, otherEcKey, raw, rsaKey } from './make.ts'
import { signatureBlock } from './signature-block.ts'

const whole = await jwt()
const [head = '', body = '', signature = ''] = whole.split('.')
const rs = await jwt(good, { alg: 'RS256' })
const json = { payload: body, protected: head, signature }
const text = (jwt: string, length: number): string => jwt.slice(0, jwt.lastIndexOf('.') + 1 + length)
const bytes = (...list: readonly Uint8Array[]): string => base64url(concat(...list))
const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`

export const formCases: readonly Case[] = [
  {
    id: 'JWT-37',
    name: 'the JSON serialization',
    parts: () => ({ jwts: [JSON.stringify(json)] }),
    fires: { pointer: '', reason: 'JSON serialization' },
  },
  {
    id: 'JWT-37',
    name: 'the general JSON serialization',
    parts: () => ({ jwts: [JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] })] }),
    fires: { pointer: '', reason: 'JSON serialization' },
  },
  {
    id: 'JWT-37',
    name: 'JSON that is no JWT',
    parts: () => ({ jwts: ['{"signatures":[1]}'] }),
    fires: { pointer: '', reason: 'three or five parts' },
  },
  ...(
    [
      ['a line end', `${whole}\n`, 'white space'],
      ['a space inside', whole.replace('.', '. '), 'white space'],
      ['a trailing dot', `${whole}.`, 'dot too many'],
      ['two parts', `${head}.${body}`, '2 parts'],
      ['four parts', `${whole}.x`, '4 parts'],
      ['nothing', '', '1 parts'],
    ] as const
  ).map(([name, jwt, reason]): Case => ({
    id: 'JWT-37',
    name,
    parts: () => ({ jwts: [jwt] }),
    fires: { pointer: '', reason },
  })),
  { id: 'JWT-37', name: 'padding', parts: () => ({ jwts: [`${whole}=`] }), fires: { pointer: 'signature', reason: 'padding', times: 1 } },
  {
    id: 'JWT-37',
    name: 'the standard alphabet',
    parts: () => ({ jwts: [`${head}.${body}.${'+/'.repeat(43)}`] }),
    fires: { pointer: 'signature', reason: 'standard-alphabet' },
  },
  {
    id: 'JWT-37',
    name: 'other characters',
    parts: () => ({ jwts: [`${head}.${body}.a*b`] }),
    fires: { pointer: 'signature', reason: 'alphabet' },
  },
  {
    id: 'JWT-37',
    name: 'an impossible length',
    parts: () => ({ jwts: [`${head}.${body}.AAAAA`] }),
    fires: { pointer: 'signature', reason: 'length' },
  },
  {
    id: 'JWT-37',
    name: 'a header that is no JSON',
    parts: () => ({ jwts: [raw('{alg:"ES256"}')] }),
    fires: { pointer: 'header', reason: 'not JSON' },
  },
  {
    id: 'JWT-37',
    name: 'a header that is a list',
    parts: () => ({ jwts: [raw('[1]')] }),
    fires: { pointer: 'header', reason: 'not an object' },
  },
  {
    id: 'JWT-37',
    name: 'claims that are a string',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, '"claims"')] }),
    fires: { pointer: 'claims', reason: 'not an object' },
  },
  { id: 'JWT-37', name: 'strict JWTs', parts: () => ({ jwts: [whole, rs, jwe({ alg: 'dir' })] }) },
  { id: 'JWT-37', name: 'the sloppy signature that JWT-38 reports', parts: () => ({ jwts: [`${head}.${body}.${'A'.repeat(85)}B`] }) },

  ...['signature', 'payload', 'header'].map((part, index): Case => {
    const parts = ['eyJhbGciOiJFUzI1NiIsInQiOiIxIn0', 'eyJpc3MiOiJqb2UifQ', 'A'.repeat(86)]
    return {
      id: 'JWT-38',
      name: `stray bits in the ${part}`,
      parts: () => ({
        jwts: [
          parts
            .toSpliced(
              2 - index,
              1,
              (parts[2 - index] ?? '').replace(/.$/, (last) => (last === 'A' ? 'B' : last === 'Q' ? 'R' : '1')),
            )
            .join('.'),
        ],
      }),
      fires: { pointer: part, times: 1 },
    }
  }),
  {
    id: 'JWT-38',
    name: 'canonical spelling',
    parts: () => ({ jwts: ['eyJhbGciOiJFUzI1NiIsInQiOiIxIn0.eyJpc3MiOiJqb2UifQ.' + 'A'.repeat(86), whole, rs] }),
  },

  {
    id: 'JWT-39',
    name: 'two alg members',
    parts: () => ({ jwts: [raw('{"alg":"HS256","alg":"none"}')] }),
    fires: { pointer: 'header.alg', reason: 'twice' },
  },
  {
    id: 'JWT-39',
    name: 'two spellings of one claim',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, '{"sub":"a","\\u0073ub":"b"}')] }),
    fires: { pointer: 'claims.sub', reason: 'twice' },
  },
  {
    id: 'JWT-39',
    name: 'a duplicate deep inside',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, '{"a":[{"b":1,"b":2}]}')] }),
    fires: { pointer: 'claims.a[0].b' },
  },
  {
    id: 'JWT-39',
    name: 'claims that are not UTF-8',
    parts: () => ({ jwts: [`${head}.${bytes(utf8('{"a":"'), Uint8Array.of(0xc3, 0x28), utf8('"}'))}.${signature}`] }),
    fires: { pointer: 'claims', reason: 'UTF-8' },
  },
  {
    id: 'JWT-39',
    name: 'a byte order mark',
    parts: () => ({ jwts: [`${bytes(Uint8Array.of(0xef, 0xbb, 0xbf), utf8('{"alg":"ES256"}'))}.${body}.${signature}`] }),
    fires: { pointer: 'header', reason: 'byte order mark', times: 1 },
  },
  {
    id: 'JWT-39',
    name: 'JSON of 40 levels',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, deep(40))] }),
    fires: { pointer: 'claims', reason: 'too deeply' },
  },
  {
    id: 'JWT-39',
    name: 'JSON of 100 000 levels',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, deep(90_000))] }),
    fires: { pointer: 'claims', reason: 'too deeply' },
  },
  {
    id: 'JWT-39',
    name: 'JSON of 6000 members',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, JSON.stringify(Array.from({ length: 6000 }, () => 1)))] }),
    fires: { pointer: 'claims', reason: 'too many members' },
  },
  {
    id: 'JWT-39',
    name: 'a JWT of 300 000 characters',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, { a: 'x'.repeat(300_000) })] }),
    fires: { pointer: '', reason: 'too large' },
  },
  {
    id: 'JWT-39',
    name: 'a key set with duplicates',
    parts: () => ({ keySets: [readKeySet('{"kty":"oct","k":"AA","k":"AQ"}', 'keys', true)] }),
    fires: { pointer: '', reason: 'member k appears twice' },
  },
  {
    id: 'JWT-39',
    name: 'a key set that is none',
    parts: () => ({ keySets: [readKeySet('nonsense', 'keys')] }),
    fires: { pointer: '', reason: 'not readable' },
  },
  {
    id: 'JWT-39',
    name: 'an empty key set',
    parts: () => ({ keySets: [readKeySet('{"keys":[]}', 'keys')] }),
    fires: { pointer: '', reason: 'no key' },
  },
  {
    id: 'JWT-39',
    name: 'plain JSON, also with equal names in different objects',
    parts: async () => ({
      jwts: [whole, await jwt({ ...good, a: { b: 1 }, c: { b: 1 }, d: 'ü€😀' }), raw({ alg: 'ES256' }, deep(30))],
      keySets: [readKeySet(JSON.stringify({ keys: [ecKey] }), 'keys', true)],
    }),
  },

  {
    id: 'JWT-43',
    name: 'a JWT of 5000 characters',
    parts: async () => ({ jwts: [await jwt({ ...good, pad: 'x'.repeat(3500) })] }),
    fires: { pointer: '', severity: 'info', reason: 'fit a cookie' },
  },
  {
    id: 'JWT-43',
    name: 'a JWT over 8 KB',
    parts: async () => ({ jwts: [await jwt({ ...good, pad: 'x'.repeat(7000) })] }),
    fires: { pointer: '', severity: 'warning', reason: 'over 8 KB' },
  },
  { id: 'JWT-43', name: 'a JWT of exactly 4096 characters', parts: () => ({ jwts: ['a'.repeat(4096)] }) },
  {
    id: 'JWT-43',
    name: 'a JWT of exactly 8192 characters, as a warning',
    parts: () => ({ jwts: ['a'.repeat(8192)] }),
    fires: { pointer: '', severity: 'info' },
  },

  {
    id: 'JWT-44',
    name: 'an empty signature',
    parts: () => ({ jwts: [`${head}.${body}.`] }),
    fires: { pointer: 'signature', reason: 'empty' },
  },
  {
    id: 'JWT-44',
    name: 'an HMAC cut to half',
    parts: async () => ({ jwts: [text(await jwt(good, { alg: 'HS256' }), 20)] }),
    fires: { pointer: 'signature', reason: '32 are expected' },
  },
  {
    id: 'JWT-44',
    name: 'an Ed25519 signature cut',
    parts: async () => ({ jwts: [text(await jwt(good, { alg: 'Ed25519' }, edKey), 80)] }),
    fires: { pointer: 'signature', reason: '64 are expected' },
  },
  {
    id: 'JWT-44',
    name: 'an RSA signature cut, without the key',
    parts: () => ({ jwts: [text(rs, 300)] }),
    fires: { pointer: 'signature', reason: '256 are expected' },
  },
  {
    id: 'JWT-44',
    name: 'an RSA signature shorter than the key',
    parts: () => ({
      jwts: [raw({ alg: 'RS256' }, good, signatureBlock(256))],
      keySets: open({ kty: 'RSA', n: base64url(new Uint8Array(384).fill(0xff)), e: 'AQAB' }),
    }),
    fires: { pointer: 'signature', reason: '384 are expected' },
  },
  {
    id: 'JWT-44',
    name: 'whole signatures',
    parts: async () => ({ jwts: [whole, rs, await jwt(good, { alg: 'HS512' })], keySets: open(rsaKey) }),
  },
  {
    id: 'JWT-44',
    name: 'a short ECDSA signature, which JWT-11 reports',
    parts: () => ({ jwts: [raw({ alg: 'ES256' }, good, signatureBlock(40))] }),
  },
  { id: 'JWT-44', name: 'none, which JWT-01 reports', parts: () => ({ jwts: [raw({ alg: 'NonE' }, good, '')] }) },

  {
    id: 'JWT-45',
    name: 'altered claims',
    parts: () => ({ jwts: [`${head}.${base64url(utf8(JSON.stringify({ ...good, sub: 'admin' })))}.${signature}`], keySets: open(ecKey) }),
    fires: { pointer: 'signature', reason: 'does not verify', times: 1 },
  },
  {
    id: 'JWT-45',
    name: 'a signature by a foreign key',
    parts: async () => ({
      jwts: [await jwt(good, { kid: 'a' }, otherEcKey)],
      keySets: open({ ...ecKey, kid: 'a' }, { ...otherEcKey, kid: 'b' }),
    }),
    fires: { pointer: 'signature', reason: 'does not verify' },
  },
  {
    id: 'JWT-45',
    name: 'one signature under two contents',
    parts: () => ({ jwts: [whole, `${head}.${base64url(utf8('{"sub":"admin"}'))}.${signature}`] }),
    fires: { pointer: 'signature', reason: 'that of jwt 1', times: 1 },
  },
  {
    id: 'JWT-45',
    name: 'honest signatures of six algorithms',
    parts: async () => ({
      jwts: await Promise.all(['ES256', 'RS256', 'PS512', 'Ed25519', 'EdDSA', 'HS384'].map((alg) => jwt({ ...good, alg }, { alg }))),
      keySets: open(ecKey, rsaKey, edKey).concat([{ label: 'own', keys: [macKey], confidential: true, faults: [] }]),
    }),
  },
  { id: 'JWT-45', name: 'the same JWT twice, and keys that do not fit', parts: () => ({ jwts: [whole, whole], keySets: open(rsaKey) }) },
  { id: 'JWT-45', name: 'two JWTs without signature', parts: () => ({ jwts: [`${head}.${body}.`, `${head}.e30.`], keySets: open(ecKey) }) },

  {
    id: 'JWT-55',
    name: 'one r in two signatures',
    parts: () => ({
      jwts: [
        raw({ alg: 'ES256' }, good, base64url(Uint8Array.of(...new Uint8Array(32).fill(3), ...new Uint8Array(32).fill(4)))),
        raw(
          { alg: 'ES256' },
          { ...good, sub: 'b' },
          base64url(Uint8Array.of(...new Uint8Array(32).fill(3), ...new Uint8Array(32).fill(5))),
        ),
      ],
    }),
    fires: { pointer: 'signature', reason: 'jwt 1', times: 1 },
  },
  { id: 'JWT-55', name: 'two honest signatures by one key', parts: async () => ({ jwts: [whole, await jwt({ ...good, sub: 'b' })] }) },
  { id: 'JWT-55', name: 'the same JWT twice', parts: () => ({ jwts: [whole, whole] }) },
  {
    id: 'JWT-55',
    name: 'equal halves in signatures that are no ECDSA',
    parts: () => ({
      jwts: [raw({ alg: 'Ed25519' }, good, signatureBlock(64)), raw({ alg: 'Ed25519' }, { ...good, sub: 'b' }, signatureBlock(64))],
    }),
  },
  {
    id: 'JWT-45',
    name: 'an unknown kid and no key that verifies',
    parts: async () => ({ jwts: [await jwt(good, { kid: 'z' }, otherEcKey)], keySets: open({ ...ecKey, kid: 'a' }) }),
    fires: { pointer: 'signature', reason: 'does not verify' },
  },
]
