import { publicPart } from '../../src/jose/keys.ts'
import { profiles } from '../../src/profile.ts'
import { as, type Case, ecKey, good, jwe, jwt, macKey, raw, rsaKey } from './make.ts'

const head = (header: Record<string, unknown>): string => raw(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', ...header }))
const inner = await jwt()

export const headerCases: readonly Case[] = [
  {
    id: 'JWT-23',
    name: 'no typ',
    parts: () => ({ jwts: [raw({ alg: 'ES256' })] }),
    fires: { pointer: 'header.typ', severity: 'warning', reason: 'missing' },
  },
  {
    id: 'JWT-23',
    name: 'a generic typ',
    parts: () => ({ jwts: [head({ typ: 'application/JWT' })] }),
    fires: { pointer: 'header.typ', severity: 'warning', reason: 'just "JWT"' },
  },
  {
    id: 'JWT-23',
    name: 'an ID token where an access token is due',
    parts: () => as('access-token', good, { typ: 'JWT' }),
    fires: { pointer: 'header.typ', severity: 'error', reason: 'expected "at+jwt"' },
  },
  {
    id: 'JWT-23',
    name: 'an access token where an ID token is due',
    parts: () => as('id-token', good, { typ: 'at+jwt' }),
    fires: { pointer: 'header.typ', severity: 'error' },
  },
  {
    id: 'JWT-23',
    name: 'a proof without typ',
    parts: async () => ({ jwts: [raw({ alg: 'ES256' })], profile: profiles.dpop }),
    fires: { pointer: 'header.typ', severity: 'error', reason: 'missing' },
  },
  {
    id: 'JWT-23',
    name: 'a typ that is a list',
    parts: () => ({ jwts: [head({ typ: ['at+jwt'] })] }),
    fires: { pointer: 'header.typ', severity: 'error', reason: 'not a string' },
  },
  {
    id: 'JWT-23',
    name: 'the right typ in other spellings',
    parts: async () => ({
      jwts: [await jwt(good, { typ: 'application/AT+JWT' }), await jwt(good, { typ: 'AT+jwt' })],
      profile: profiles['access-token'],
    }),
  },
  {
    id: 'JWT-23',
    name: 'an ID token with the generic typ or none',
    parts: () => ({ jwts: [head({ typ: 'JWT' }), raw({ alg: 'ES256' })], profile: profiles['id-token'] }),
  },
  { id: 'JWT-23', name: "a specific typ of one's own", parts: () => ({ jwts: [head({ typ: 'invoice+jwt' })] }) },

  ...(
    [
      ['../../../../dev/null', 'file path'],
      ['/etc/passwd', 'file path'],
      ['C:\\keys\\a', 'file path'],
      ["x' UNION SELECT 'k", 'quoting'],
      ['a"b', 'quoting'],
      ['x;id', 'quoting'],
      ['a--b', 'quoting'],
      ['key|id', 'shell'],
      ['$(id)', 'shell'],
      ['a&b', 'shell'],
      ['https://evil.example/k', 'URL'],
      ['a\u0000b', 'control'],
      ['a\nb', 'control'],
      ['{}', 'query object'],
      ['$ne', 'query object'],
      ['1--', 'SQL'],
      ['key OR 1=1 -- the rest is remark', 'SQL'],
      ['kid[$gt]', 'query object'],
      ['..%2f..%2fkey', 'percent'],
      ['k'.repeat(257), '257 characters'],
    ] as const
  ).map(([kid, reason]): Case => ({
    id: 'JWT-26',
    name: `kid ${JSON.stringify(kid.slice(0, 30))}`,
    parts: () => ({ jwts: [head({ kid })] }),
    fires: { pointer: 'header.kid', reason },
  })),
  ...[42, null, { $ne: 1 }, ['a']].map((kid): Case => ({
    id: 'JWT-26',
    name: `kid ${JSON.stringify(kid)}`,
    parts: () => ({ jwts: [head({ kid })] }),
    fires: { pointer: 'header.kid', reason: 'not a string' },
  })),
  ...[
    '2026-11-key.1',
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    'Nz--sXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9--',
    'a/b=',
    'k'.repeat(256),
    'urn:example:key:1',
    'https',
  ].map((kid): Case => ({ id: 'JWT-26', name: `kid ${kid.slice(0, 30)}`, parts: () => ({ jwts: [head({ kid })] }) })),
  { id: 'JWT-26', name: 'no kid', parts: () => ({ jwts: [head({})] }) },

  ...(
    [
      ['https://evil.example/jwks', 'must not follow'],
      ['http://issuer.example/jwks', 'scheme is http'],
      ['https://issuer.example@evil.example/', 'user information'],
      ['https://evil.example/#issuer.example', 'fragment'],
      ['https://127.0.0.1/', 'address'],
      ['https://2130706433/', 'address'],
      ['https://[::1]/', 'address'],
      ['https://localhost/', 'address'],
      ['file:///etc/passwd', 'scheme is file'],
      ['nonsense', 'not a URL'],
    ] as const
  ).map(([jku, reason]): Case => ({
    id: 'JWT-28',
    name: `jku ${jku}`,
    parts: () => ({ jwts: [head({ jku })] }),
    fires: { pointer: 'header.jku', reason },
  })),
  {
    id: 'JWT-28',
    name: 'an x5u',
    parts: () => ({ jwts: [head({ x5u: 'https://evil.example/c.pem' })] }),
    fires: { pointer: 'header.x5u' },
  },
  {
    id: 'JWT-28',
    name: 'a jku that is a number',
    parts: () => ({ jwts: [head({ jku: 1 })] }),
    fires: { pointer: 'header.jku', reason: 'not a URL' },
  },
  { id: 'JWT-28', name: 'a header without key URLs', parts: () => ({ jwts: [head({ kid: 'a' })] }) },

  {
    id: 'JWT-29',
    name: 'a jwk in an access token',
    parts: () => ({ jwts: [head({ jwk: publicPart(ecKey) })] }),
    fires: { pointer: 'header.jwk' },
  },
  { id: 'JWT-29', name: 'an x5c', parts: () => ({ jwts: [head({ x5c: ['MIIB'] })] }), fires: { pointer: 'header.x5c' } },
  {
    id: 'JWT-29',
    name: 'proofs of possession',
    parts: () => ({ jwts: [head({ typ: 'dpop+jwt', jwk: publicPart(ecKey) }), head({ typ: 'dbsc+jwt', jwk: publicPart(ecKey) })] }),
  },
  { id: 'JWT-29', name: 'a header without keys', parts: () => ({ jwts: [head({})] }) },

  {
    id: 'JWT-30',
    name: 'a private EC key in the header',
    parts: () => ({ jwts: [head({ typ: 'dpop+jwt', jwk: ecKey })] }),
    fires: { pointer: 'header.jwk', reason: 'contains d' },
  },
  {
    id: 'JWT-30',
    name: 'a private RSA key in the header',
    parts: () => ({ jwts: [head({ jwk: rsaKey })] }),
    fires: { pointer: 'header.jwk', reason: 'd, p, q' },
  },
  {
    id: 'JWT-30',
    name: 'a secret in the header',
    parts: () => ({ jwts: [head({ jwk: macKey })] }),
    fires: { pointer: 'header.jwk', reason: 'contains k' },
  },
  {
    id: 'JWT-30',
    name: 'a private epk',
    parts: () => ({ jwts: [jwe({ alg: 'ECDH-ES', epk: ecKey })] }),
    fires: { pointer: 'header.epk', reason: 'contains d' },
  },
  { id: 'JWT-30', name: 'public keys', parts: () => ({ jwts: [head({ jwk: publicPart(ecKey) }), head({ jwk: publicPart(rsaKey) })] }) },

  ...(
    [
      [{ crit: ['x'] }, 'does not have'],
      [{ crit: ['x'], x: 1 }, 'do not know'],
      [{ crit: [] }, 'empty'],
      [{ crit: 'b64' }, 'not a list'],
      [{ crit: ['alg'] }, 'part of the standard'],
      [{ crit: [1] }, 'other than names'],
      [{ crit: ['b64', 'b64'], b64: true }, 'twice'],
      [{ crit: null }, 'not a list'],
    ] as const
  ).map(([header, reason]): Case => ({
    id: 'JWT-31',
    name: JSON.stringify(header),
    parts: () => ({ jwts: [head(header)] }),
    fires: { pointer: 'header.crit', reason },
  })),
  { id: 'JWT-31', name: 'a known extension that is present', parts: () => ({ jwts: [head({ crit: ['b64'], b64: true })] }) },
  { id: 'JWT-31', name: 'no crit', parts: () => ({ jwts: [head({ x: 1 })] }) },

  {
    id: 'JWT-32',
    name: 'b64 false',
    parts: () => ({ jwts: [head({ b64: false, crit: ['b64'] })] }),
    fires: { pointer: 'header.b64', reason: 'is false' },
  },
  {
    id: 'JWT-32',
    name: 'b64 without crit',
    parts: () => ({ jwts: [head({ b64: true })] }),
    fires: { pointer: 'header.b64', reason: 'not listed' },
  },
  {
    id: 'JWT-32',
    name: 'b64 with another crit',
    parts: () => ({ jwts: [head({ b64: true, crit: ['exp'] })] }),
    fires: { pointer: 'header.b64', reason: 'not listed' },
  },
  { id: 'JWT-32', name: 'b64 true, listed', parts: () => ({ jwts: [head({ b64: true, crit: ['b64'] })] }) },
  { id: 'JWT-32', name: 'no b64', parts: () => ({ jwts: [head({})] }) },

  {
    id: 'JWT-33',
    name: 'a nested JWT without cty',
    parts: async () => ({ jwts: [await jwt(inner)] }),
    fires: { pointer: 'header.cty', reason: 'does not say so', times: 1 },
  },
  {
    id: 'JWT-33',
    name: 'an unsigned JWT inside a signed one',
    parts: async () => ({ jwts: [await jwt(raw({ alg: 'none', typ: 'x+jwt' }, good, ''), { cty: 'JWT' })] }),
    fires: { pointer: 'payload.signature', reason: 'not signed', times: 1 },
  },
  {
    id: 'JWT-33',
    name: 'an inner JWT without typ',
    parts: async () => ({ jwts: [await jwt(raw({ alg: 'ES256' }), { cty: 'JWT' })] }),
    fires: { pointer: 'payload.header.typ', severity: 'warning' },
  },
  {
    id: 'JWT-33',
    name: 'an inner JWT that cannot be read',
    parts: async () => ({ jwts: [await jwt('abc.def.ghi', { cty: 'JWT' })] }),
    fires: { pointer: 'payload', reason: 'cannot be read' },
  },
  {
    id: 'JWT-33',
    name: 'a cty without nesting',
    parts: async () => ({ jwts: [await jwt(good, { cty: 'JWT' })] }),
    fires: { pointer: 'header.cty', reason: 'is not one' },
  },
  {
    id: 'JWT-33',
    name: 'a nested JWT, marked and signed',
    parts: async () => ({ jwts: [await jwt(inner, { cty: 'JWT' }), await jwt(inner, { cty: 'at+jwt' })] }),
  },
  { id: 'JWT-33', name: 'an ordinary JWT', parts: async () => ({ jwts: [inner, await jwt(good, { cty: 'json' })] }) },

  ...['RSA-OAEP', 'RSA-OAEP-256', 'RSA1_5', 'ECDH-ES', 'ECDH-ES+A256KW'].map((alg): Case => ({
    id: 'JWT-34',
    name: `${alg} without a signed JWT inside`,
    parts: () => ({ jwts: [jwe({ alg })] }),
    fires: { pointer: 'header.cty', reason: alg },
  })),
  {
    id: 'JWT-34',
    name: 'a JWE that announces JSON',
    parts: () => ({ jwts: [jwe({ alg: 'RSA-OAEP', cty: 'json' })] }),
    fires: { pointer: 'header.cty' },
  },
  {
    id: 'JWT-34',
    name: 'a JWE that holds a JWT',
    parts: () => ({ jwts: [jwe({ alg: 'RSA-OAEP', cty: 'JWT' }), jwe({ alg: 'ECDH-ES', cty: 'application/at+jwt' })] }),
  },
  { id: 'JWT-34', name: 'a JWE under a shared key', parts: () => ({ jwts: [jwe({ alg: 'dir' }), jwe({ alg: 'A256KW' })] }) },

  ...(
    [
      [2_147_483_647, 'denial of service'],
      [1_200_001, 'denial of service'],
      [999, 'fall quickly'],
      [0, 'fall quickly'],
      ['600000', 'whole number'],
      [1e6 + 0.5, 'whole number'],
    ] as const
  ).map(([p2c, reason]): Case => ({
    id: 'JWT-35',
    name: `p2c ${JSON.stringify(p2c)}`,
    parts: () => ({ jwts: [jwe({ alg: 'PBES2-HS256+A128KW', p2c })] }),
    fires: { pointer: 'header.p2c', reason },
  })),
  {
    id: 'JWT-35',
    name: 'PBES2 without p2c',
    parts: () => ({ jwts: [jwe({ alg: 'PBES2-HS512+A256KW' })] }),
    fires: { pointer: 'header.p2c', reason: 'without' },
  },
  {
    id: 'JWT-35',
    name: 'counts within bounds',
    parts: () => ({ jwts: [1000, 600_000, 1_200_000].map((p2c) => jwe({ alg: 'PBES2-HS256+A128KW', p2c })) }),
  },
  { id: 'JWT-35', name: 'a JWE without passwords', parts: () => ({ jwts: [jwe({ alg: 'dir' })] }) },

  {
    id: 'JWT-36',
    name: 'a compressed JWE',
    parts: () => ({ jwts: [jwe({ alg: 'dir', zip: 'DEF' })] }),
    fires: { pointer: 'header.zip', severity: 'warning' },
  },
  {
    id: 'JWT-36',
    name: 'an unknown compression',
    parts: () => ({ jwts: [jwe({ alg: 'dir', zip: 'BR' })] }),
    fires: { pointer: 'header.zip', severity: 'error', reason: 'unknown' },
  },
  {
    id: 'JWT-36',
    name: 'zip in a signed JWT',
    parts: () => ({ jwts: [head({ zip: 'DEF' })] }),
    fires: { pointer: 'header.zip', reason: 'no meaning' },
  },
  { id: 'JWT-36', name: 'a plain JWE', parts: () => ({ jwts: [jwe({ alg: 'dir' })] }) },

  {
    id: 'JWT-54',
    name: 'ECDH-ES without epk',
    parts: () => ({ jwts: [jwe({ alg: 'ECDH-ES' })] }),
    fires: { pointer: 'header.epk', severity: 'error' },
  },
  {
    id: 'JWT-54',
    name: 'apu without key agreement',
    parts: () => ({ jwts: [jwe({ alg: 'RSA-OAEP', apu: 'QWxpY2U' })] }),
    fires: { pointer: 'header.apu', reason: 'no meaning' },
  },
  {
    id: 'JWT-54',
    name: 'apv that is not base64url',
    parts: () => ({ jwts: [jwe({ alg: 'ECDH-ES', epk: publicPart(ecKey), apv: 'Bob!' })] }),
    fires: { pointer: 'header.apv', reason: 'base64url' },
  },
  {
    id: 'JWT-54',
    name: 'apu of 129 bytes',
    parts: () => ({ jwts: [jwe({ alg: 'ECDH-ES', epk: publicPart(ecKey), apu: 'A'.repeat(172) })] }),
    fires: { pointer: 'header.apu', reason: '128 bytes' },
  },
  {
    id: 'JWT-54',
    name: 'apu equal to apv',
    parts: () => ({ jwts: [jwe({ alg: 'ECDH-ES', epk: publicPart(ecKey), apu: 'Qm9i', apv: 'Qm9i' })] }),
    fires: { pointer: 'header.apv', reason: 'equal' },
  },
  {
    id: 'JWT-54',
    name: 'one epk for two JWEs',
    parts: () => ({ jwts: [jwe({ alg: 'ECDH-ES', epk: publicPart(ecKey) }), jwe({ alg: 'ECDH-ES', epk: publicPart(ecKey) })] }),
    fires: { pointer: 'header.epk', reason: 'jwt 1', times: 1 },
  },
  {
    id: 'JWT-54',
    name: 'a short tag',
    parts: () => ({ jwts: [jwe({ alg: 'dir' }, { tag: 4 })] }),
    fires: { pointer: 'tag', reason: 'needs 16', severity: 'error' },
  },
  {
    id: 'JWT-54',
    name: 'a tag of the wrong length for A256CBC-HS512',
    parts: () => ({ jwts: [jwe({ alg: 'dir', enc: 'A256CBC-HS512' }, { iv: 16 })] }),
    fires: { pointer: 'tag', reason: 'needs 32', severity: 'error' },
  },
  {
    id: 'JWT-54',
    name: 'an IV of the wrong length',
    parts: () => ({ jwts: [jwe({ alg: 'dir', enc: 'A128CBC-HS256' })] }),
    fires: { pointer: 'iv', reason: 'needs 16', severity: 'error' },
  },
  {
    id: 'JWT-54',
    name: 'an unknown enc',
    parts: () => ({ jwts: [jwe({ alg: 'dir', enc: 'A256CTR' })] }),
    fires: { pointer: 'header.enc', severity: 'error' },
  },
  {
    id: 'JWT-54',
    name: 'honest JWEs',
    parts: () => ({
      jwts: [
        jwe({ alg: 'ECDH-ES', epk: publicPart(ecKey), apu: 'QWxpY2U', apv: 'Qm9i' }),
        jwe({ alg: 'dir', enc: 'A128CBC-HS256' }, { iv: 16 }),
      ],
    }),
  },
]
