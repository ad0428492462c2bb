import { profiles } from '../../src/profile.ts'
import { as, type Case, ecKey, good, jwt, keys, now, open, otherEcKey, without } from './make.ts'

const access = profiles['access-token']
const logoutEvents = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const logout = { iss: good.iss, aud: good.aud, sub: good.sub, iat: now, exp: now + 60, jti: good.jti, events: logoutEvents }

export const claimCases: readonly Case[] = [
  {
    id: 'JWT-15',
    name: 'no exp',
    parts: () => as('access-token', without('exp')),
    fires: { pointer: 'claims.exp', reason: 'access-token demands it' },
  },
  {
    id: 'JWT-15',
    name: 'no exp without a profile',
    parts: async () => ({ jwts: [await jwt(without('exp'), { typ: 'JWT' })] }),
    fires: { pointer: 'claims.exp' },
  },
  { id: 'JWT-15', name: 'an exp', parts: () => as('access-token') },
  { id: 'JWT-15', name: 'a DPoP proof, which is dated by iat', parts: () => as('dpop', { iat: now }) },

  {
    id: 'JWT-16',
    name: 'an exp 61 s ago',
    parts: () => as('access-token', { ...good, exp: now - 61 }),
    fires: { pointer: 'claims.exp', reason: '61 s ago', times: 1 },
  },
  {
    id: 'JWT-16',
    name: 'a profile that forgives five minutes',
    parts: async () => ({ jwts: [await jwt()], profile: { ...access, skew: 300 } }),
    fires: { pointer: 'profile.skew', reason: '300 s' },
  },
  {
    id: 'JWT-16',
    name: 'an exp beyond 60 s although the profile forgives more',
    parts: async () => ({ jwts: [await jwt({ ...good, exp: now - 100 })], profile: { ...access, skew: 300 } }),
    fires: { pointer: 'claims.exp', times: 2 },
  },
  { id: 'JWT-16', name: 'an exp 30 s ago, within the leeway', parts: () => as('access-token', { ...good, exp: now - 30 }) },
  { id: 'JWT-16', name: 'an exp 60 s ago, at its edge', parts: () => as('access-token', { ...good, exp: now - 60 }) },
  {
    id: 'JWT-16',
    name: 'an exp 31 s ago when the profile forgives 60',
    parts: async () => ({ jwts: [await jwt({ ...good, exp: now - 31 })], profile: { ...access, skew: 60 } }),
  },

  {
    id: 'JWT-17',
    name: 'an access token of 61 minutes',
    parts: () => as('access-token', { ...good, iat: now, exp: now + 3660 }),
    fires: { pointer: 'claims.exp', reason: '61 minutes', severity: 'warning' },
  },
  {
    id: 'JWT-17',
    name: 'an access token of 25 hours',
    parts: () => as('access-token', { ...good, iat: now, exp: now + 90_000 }),
    fires: { pointer: 'claims.exp', severity: 'error' },
  },
  {
    id: 'JWT-17',
    name: 'an ID token of a day',
    parts: () => as('id-token', { ...good, iat: now, exp: now + 86_400 }),
    fires: { pointer: 'claims.exp', severity: 'warning' },
  },
  {
    id: 'JWT-17',
    name: 'a logout token of three minutes',
    parts: () => as('logout', { ...logout, exp: now + 180 }),
    fires: { pointer: 'claims.exp', reason: 'logout should not exceed 2 minutes' },
  },
  {
    id: 'JWT-17',
    name: 'a lifetime counted from nbf',
    parts: () => as('access-token', { ...without('iat'), nbf: now, exp: now + 7200 }),
    fires: { pointer: 'claims.exp', reason: '2 hours' },
  },
  { id: 'JWT-17', name: 'an access token of exactly an hour', parts: () => as('access-token', { ...good, iat: now, exp: now + 3600 }) },
  { id: 'JWT-17', name: 'an access token of exactly a day, as an error', parts: () => as('any', { ...good, iat: now, exp: now + 86_400 }) },
  { id: 'JWT-17', name: 'a JWT of unknown age', parts: () => as('access-token', without('iat')) },

  {
    id: 'JWT-18',
    name: 'an nbf in the future',
    parts: () => as('access-token', { ...good, nbf: now + 61 }),
    fires: { pointer: 'claims.nbf', reason: '61 s' },
  },
  {
    id: 'JWT-18',
    name: 'an iat in the future',
    parts: () => as('access-token', { ...good, iat: now + 120 }),
    fires: { pointer: 'claims.iat', reason: 'future' },
  },
  { id: 'JWT-18', name: 'no iat', parts: () => as('access-token', without('iat')), fires: { pointer: 'claims.iat', severity: 'warning' } },
  { id: 'JWT-18', name: 'dates within the skew', parts: () => as('access-token', { ...good, nbf: now + 60, iat: now + 60 }) },
  { id: 'JWT-18', name: 'a DBSC proof without iat', parts: () => as('dbsc', { jti: 'x' }) },

  ...(
    [
      ['exp', '1700000000', 'a string'],
      ['exp', 1.7e12, 'milliseconds'],
      ['nbf', 2 ** 54, 'safe range'],
      ['iat', -1, 'negative'],
      ['exp', null, 'null'],
      ['iat', [1], 'a list'],
      ['auth_time', true, 'a boolean'],
      ['exp', { at: 1 }, 'an object'],
    ] as const
  ).map(([name, value, reason]): Case => ({
    id: 'JWT-19',
    name: `${name}: ${JSON.stringify(value)}`,
    parts: () => as('access-token', { ...good, [name]: value as never }),
    fires: { pointer: `claims.${name}`, reason: reason.replace(/^an? /, ''), times: 1 },
  })),
  {
    id: 'JWT-19',
    name: 'a number too large for JSON numbers',
    parts: async () => ({ jwts: [await jwt('{"exp":1e999}')] }),
    fires: { pointer: 'claims.exp', reason: 'safe range' },
  },
  {
    id: 'JWT-19',
    name: 'seconds, also with a fraction, also zero',
    parts: () => as('access-token', { ...good, iat: now - 0.5, nbf: 0, auth_time: now }),
  },

  { id: 'JWT-20', name: 'no iss', parts: () => as('access-token', without('iss')), fires: { pointer: 'claims.iss', reason: 'missing' } },
  {
    id: 'JWT-20',
    name: 'no iss where one is expected',
    parts: async () => ({ jwts: [await jwt(without('iss'))], profile: { ...profiles.any, issuer: good.iss } }),
    fires: { pointer: 'claims.iss', reason: 'missing' },
  },
  {
    id: 'JWT-20',
    name: 'an iss that is a list',
    parts: () => as('access-token', { ...good, iss: [good.iss] }),
    fires: { pointer: 'claims.iss', reason: 'string' },
  },
  {
    id: 'JWT-20',
    name: 'an empty iss',
    parts: () => as('access-token', { ...good, iss: '' }),
    fires: { pointer: 'claims.iss', reason: 'string' },
  },
  {
    id: 'JWT-20',
    name: 'another issuer than expected',
    parts: async () => ({ jwts: [await jwt()], profile: { ...access, issuer: 'https://other.example' } }),
    fires: { pointer: 'claims.iss', reason: 'expected "https://other.example"' },
  },
  ...['http://issuer.example', 'issuer.example', 'https://issuer.example?x=1', 'https://issuer.example#x', 'https://me@issuer.example'].map(
    (iss): Case => ({
      id: 'JWT-20',
      name: `iss "${iss}"`,
      parts: () => as('access-token', { ...good, iss }),
      fires: { pointer: 'claims.iss', severity: 'warning' },
    }),
  ),
  {
    id: 'JWT-20',
    name: 'a signature by the key of another issuer',
    parts: async () => ({
      jwts: [await jwt()],
      keySets: [keys([otherEcKey], { issuer: good.iss }), keys([otherEcKey, ecKey], { issuer: 'https://other.example' })],
    }),
    fires: { pointer: 'claims.iss', reason: 'key of "https://other.example"' },
  },
  {
    id: 'JWT-20',
    name: 'the expected issuer and its own key',
    parts: async () => ({
      jwts: [await jwt()],
      profile: { ...access, issuer: good.iss },
      keySets: [keys([ecKey], { issuer: good.iss }), keys([otherEcKey], { issuer: 'https://other.example' })],
    }),
  },
  {
    id: 'JWT-20',
    name: 'an unusual issuer that is the expected one',
    parts: async () => ({ jwts: [await jwt({ ...good, iss: 'joe' })], profile: { ...access, issuer: 'joe' } }),
  },
  { id: 'JWT-20', name: 'no iss where none is asked for', parts: () => as('dpop', { jti: 'x' }) },
  { id: 'JWT-20', name: 'keys of unknown owner', parts: async () => ({ jwts: [await jwt()], keySets: open(ecKey) }) },

  { id: 'JWT-21', name: 'no sub', parts: () => as('access-token', without('sub')), fires: { pointer: 'claims.sub', reason: 'missing' } },
  {
    id: 'JWT-21',
    name: 'no sub without a profile',
    parts: () => as('any', without('sub')),
    fires: { pointer: 'claims.sub', reason: 'missing' },
  },
  {
    id: 'JWT-21',
    name: 'an empty sub',
    parts: () => as('access-token', { ...good, sub: '' }),
    fires: { pointer: 'claims.sub', reason: 'string' },
  },
  {
    id: 'JWT-21',
    name: 'a sub that is a number',
    parts: () => as('access-token', { ...good, sub: 42 }),
    fires: { pointer: 'claims.sub', reason: 'string' },
  },
  {
    id: 'JWT-21',
    name: 'a user with the identifier of the client',
    parts: () => as('access-token', { ...good, sub: 'client-one', auth_time: now }),
    fires: { pointer: 'claims.sub', reason: '"auth_time"' },
  },
  {
    id: 'JWT-21',
    name: 'the same by azp',
    parts: () => as('id-token', { ...without('client_id'), azp: 'app', sub: 'app', name: 'Someone' }),
    fires: { pointer: 'claims.sub', reason: '"name"' },
  },
  { id: 'JWT-21', name: 'a user', parts: () => as('access-token', { ...good, auth_time: now }) },
  { id: 'JWT-21', name: 'a client acting for itself', parts: () => as('access-token', { ...good, sub: 'client-one' }) },
  { id: 'JWT-21', name: 'a proof without subject', parts: () => as('dpop', { jti: 'x' }) },

  {
    id: 'JWT-22',
    name: 'no aud',
    parts: () => as('access-token', without('aud')),
    fires: { pointer: 'claims.aud', reason: 'missing', severity: 'error' },
  },
  {
    id: 'JWT-22',
    name: 'no aud where one is expected',
    parts: async () => ({ jwts: [await jwt(without('aud'))], profile: { ...profiles.any, audience: 'x' } }),
    fires: { pointer: 'claims.aud', severity: 'error' },
  },
  {
    id: 'JWT-22',
    name: 'no aud without a profile',
    parts: () => as('any', without('aud')),
    fires: { pointer: 'claims.aud', severity: 'warning' },
  },
  ...['', [], [''], ['a', 7], 7].map((aud): Case => ({
    id: 'JWT-22',
    name: `aud ${JSON.stringify(aud)}`,
    parts: () => as('access-token', { ...good, aud: aud as string }),
    fires: { pointer: 'claims.aud', reason: 'empty or not made of strings' },
  })),
  ...['*', 'https://*.example', 'any', 'ALL'].map((aud): Case => ({
    id: 'JWT-22',
    name: `the wildcard "${aud}"`,
    parts: () => as('access-token', { ...good, aud }),
    fires: { pointer: 'claims.aud', reason: 'wildcard' },
  })),
  {
    id: 'JWT-22',
    name: 'four audiences',
    parts: () => as('access-token', { ...good, aud: ['a', 'b', 'c', 'd'] }),
    fires: { pointer: 'claims.aud', severity: 'warning', reason: '4 audiences' },
  },
  {
    id: 'JWT-22',
    name: 'another audience',
    parts: async () => ({ jwts: [await jwt({ ...good, aud: ['a', 'b'] })], profile: { ...access, audience: 'c' } }),
    fires: { pointer: 'claims.aud', reason: 'does not name "c"' },
  },
  {
    id: 'JWT-22',
    name: 'an audience that contains the right one',
    parts: async () => ({
      jwts: [await jwt({ ...good, aud: ['x', 'api.example.com.evil'] })],
      profile: { ...access, audience: 'api.example.com' },
    }),
    fires: { pointer: 'claims.aud', reason: 'merely contains' },
  },
  {
    id: 'JWT-22',
    name: 'the audience as a string',
    parts: async () => ({ jwts: [await jwt()], profile: { ...access, audience: good.aud } }),
  },
  {
    id: 'JWT-22',
    name: 'the audience in a list of three',
    parts: async () => ({ jwts: [await jwt({ ...good, aud: ['a', good.aud, 'b'] })], profile: { ...access, audience: good.aud } }),
  },
  { id: 'JWT-22', name: 'a proof without audience', parts: () => as('dbsc', { jti: 'x' }) },

  {
    id: 'JWT-24',
    name: 'an ID token and an access token alike',
    parts: async () => ({ jwts: [await jwt({ ...without('scope'), nonce: 'n' }, { typ: 'JWT' }), await jwt(good, { typ: 'JWT' })] }),
    fires: { pointer: 'header.typ', reason: 'one is access-token and the other id-token', times: 1 },
  },
  {
    id: 'JWT-24',
    name: 'an access token and a refresh token, one without typ',
    parts: async () => ({
      jwts: [await jwt(good, { typ: 'JWT' }), await jwt({ ...good, token_use: 'refresh' }, { typ: 'application/jwt' })],
    }),
    fires: { pointer: 'header.typ', reason: 'refresh' },
  },
  {
    id: 'JWT-24',
    name: 'a logout token and an ID token alike',
    parts: async () => ({ jwts: [await jwt(logout, { typ: 'JWT' }), await jwt({ ...without('scope'), at_hash: 'h' }, { typ: 'JWT' })] }),
    fires: { pointer: 'header.typ', reason: 'logout' },
  },
  {
    id: 'JWT-24',
    name: 'a DPoP proof and a token alike',
    parts: async () => ({
      jwts: [
        await jwt({ ...good, htm: 'GET', htu: 'https://api.example/' }, { typ: 'JWT' }),
        await jwt({ ...good, token_use: 'access' }, { typ: 'JWT' }),
      ],
    }),
    fires: { pointer: 'header.typ', reason: 'dpop' },
  },
  {
    id: 'JWT-24',
    name: 'two kinds with types of their own',
    parts: async () => ({ jwts: [await jwt({ ...good, nonce: 'n' }, { typ: 'JWT' }), await jwt(good, { typ: 'at+jwt' })] }),
  },
  {
    id: 'JWT-24',
    name: 'two kinds for audiences of their own',
    parts: async () => ({ jwts: [await jwt({ ...good, nonce: 'n', aud: 'client-one' }), await jwt()] }),
  },
  { id: 'JWT-24', name: 'two of the same kind', parts: async () => ({ jwts: [await jwt(), await jwt({ ...good, sub: 'else' })] }) },
  {
    id: 'JWT-24',
    name: 'kinds that nobody can name, and JWTs without issuer',
    parts: async () => ({ jwts: [await jwt(without('scope')), await jwt(), await jwt({ nonce: 'n' }), await jwt({ scope: 's' })] }),
  },

  {
    id: 'JWT-25',
    name: 'a logout token with a nonce',
    parts: () => as('logout', { ...logout, nonce: 'n' }),
    fires: { pointer: 'claims.nonce', times: 1 },
  },
  {
    id: 'JWT-25',
    name: 'a logout token without events',
    parts: () => as('logout', { ...logout, events: {} }),
    fires: { pointer: 'claims.events', times: 1 },
  },
  {
    id: 'JWT-25',
    name: 'a logout token whose events are a list',
    parts: () => as('logout', { ...logout, events: Object.keys(logoutEvents) }),
    fires: { pointer: 'claims.events' },
  },
  {
    id: 'JWT-25',
    name: 'a logout token about nobody, recognised by its type',
    parts: async () => ({
      jwts: [await jwt({ iss: good.iss, aud: good.aud, iat: now, jti: good.jti, events: logoutEvents }, { typ: 'logout+jwt' })],
    }),
    fires: { pointer: 'claims.sub', times: 1 },
  },
  { id: 'JWT-25', name: 'an honest logout token by session', parts: () => as('logout', { ...logout, sid: 's' }) },
  { id: 'JWT-25', name: 'a logout token with sid alone', parts: () => as('logout', { iss: good.iss, events: logoutEvents, sid: 's' }) },
  { id: 'JWT-25', name: 'an ID token with a nonce', parts: () => as('id-token', { ...good, nonce: 'n' }) },

  { id: 'JWT-42', name: 'a proof without jti', parts: () => as('dpop', { iat: now }), fires: { pointer: 'claims.jti', reason: 'missing' } },
  {
    id: 'JWT-42',
    name: "a single-use JWT of one's own without jti",
    parts: async () => ({ jwts: [await jwt(without('jti'))], profile: { ...profiles.any, singleUse: true } }),
    fires: { pointer: 'claims.jti', reason: 'missing' },
  },
  {
    id: 'JWT-42',
    name: 'an access token without jti',
    parts: () => as('access-token', without('jti')),
    fires: { pointer: 'claims.jti', reason: 'missing' },
  },
  ...['1', '20260101-17', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'abcdef012345'].map((jti): Case => ({
    id: 'JWT-42',
    name: `jti "${jti}"`,
    parts: () => as('access-token', { ...good, jti }),
    fires: { pointer: 'claims.jti', reason: 'bits' },
  })),
  {
    id: 'JWT-42',
    name: 'a jti that is a number',
    parts: () => as('access-token', { ...good, jti: 12345678901 }),
    fires: { pointer: 'claims.jti', reason: 'not a string' },
  },
  {
    id: 'JWT-42',
    name: 'the same jti twice',
    parts: async () => ({ jwts: [await jwt(), await jwt({ ...good, sub: 'else' })] }),
    fires: { pointer: 'claims.jti', reason: 'jwt 1', times: 1 },
  },
  {
    id: 'JWT-42',
    name: 'UUIDs and random base64url',
    parts: async () => ({ jwts: [await jwt(), await jwt({ ...good, jti: 'q9Wn3xT7bZ4kLr8V' })] }),
  },
  {
    id: 'JWT-42',
    name: 'equal identifiers of two issuers',
    parts: async () => ({ jwts: [await jwt(), await jwt({ ...good, iss: 'https://other.example' })] }),
  },
  { id: 'JWT-42', name: 'an ID token without jti', parts: () => as('id-token', without('jti')) },

  ...['*', 'orders:*', 'admin', 'api:admin', 'full_access', 'root'].map((scope): Case => ({
    id: 'JWT-49',
    name: `scope "${scope}"`,
    parts: () => as('access-token', { ...good, scope: `orders.read ${scope}` }),
    fires: { pointer: 'claims.scope', reason: `"${scope}"` },
  })),
  {
    id: 'JWT-49',
    name: 'an access token without scope',
    parts: () => as('access-token', without('scope')),
    fires: { pointer: 'claims.scope', reason: 'no scope' },
  },
  {
    id: 'JWT-49',
    name: 'a broad name in scp, in list form',
    parts: () => as('any', { ...without('scope'), scp: ['x', 'all'] }),
    fires: { pointer: 'claims.scope', reason: '"all"' },
  },
  { id: 'JWT-49', name: 'narrow scopes', parts: () => as('access-token', { ...good, scope: 'orders.read badminton.list' }) },
  { id: 'JWT-49', name: 'an ID token without scope', parts: () => as('id-token', without('scope')) },

  {
    id: 'JWT-50',
    name: 'an unbound token of 16 minutes',
    parts: () => as('access-token', { ...good, iat: now, exp: now + 960 }),
    fires: { pointer: 'claims.cnf', reason: '16 minutes' },
  },
  {
    id: 'JWT-50',
    name: 'an unbound token of broad scope',
    parts: () => as('any', { ...good, scope: 'admin' }),
    fires: { pointer: 'claims.cnf', reason: '"admin"' },
  },
  {
    id: 'JWT-50',
    name: 'a cnf that names no key',
    parts: () => as('access-token', { ...good, scope: '*', cnf: {} }),
    fires: { pointer: 'claims.cnf' },
  },
  { id: 'JWT-50', name: 'a token bound by DPoP', parts: () => as('access-token', { ...good, scope: 'admin', cnf: { jkt: 'x' } }) },
  {
    id: 'JWT-50',
    name: 'a token bound by its certificate',
    parts: () => as('access-token', { ...good, exp: now + 9000, cnf: { 'x5t#S256': 'x' } }),
  },
  { id: 'JWT-50', name: 'a short token of narrow scope', parts: () => as('access-token', { ...good, iat: now, exp: now + 900 }) },
  { id: 'JWT-50', name: 'an ID token of an hour', parts: () => as('id-token', { ...without('scope'), nonce: 'n', exp: now + 3600 }) },
  {
    id: 'JWT-25',
    name: "a logout token under a profile of one's own",
    parts: async () => ({ jwts: [await jwt({ ...logout, nonce: 'n' })], profile: { ...profiles.any, name: 'ours', typ: ['logout+jwt'] } }),
    fires: { pointer: 'claims.nonce' },
  },
]
