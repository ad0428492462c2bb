import { readJwt } from '../../src/jose/read.ts'
import type { Exchange } from '../../src/scene.ts'
import { as, type Case, good, jwt } from './make.ts'

const bound = readJwt(await jwt({ ...good, cnf: { jkt: 'x' } }))
const plain = readJwt(await jwt())
const exchange = (more: Partial<Exchange>): Exchange => ({
  label: 'GET /orders',
  scheme: 'Bearer',
  proved: false,
  flaw: 'unknown',
  status: 401,
  body: 'refused',
  ...more,
})
const frame = 'Error: bad\n    at verify (/app/node_modules/lib/index.js:10:5)'

const secretValues = [
  ['note', ['-----BEGIN RSA', 'PRIVATE KEY-----\nMIIE'].join(' '), 'a private key'],
  ['note', 'AKIA'.concat('ABCDEFGHIJKLMNOP'), 'an AWS access key'],
  ['note', `ghp_${'a1B2'.repeat(9)}`, 'a GitHub credential'],
  ['note', `glpat-${'a1B2'.repeat(5)}`, 'a GitLab credential'],
  ['note', `sk_live_${'a1B2'.repeat(4)}`, 'a payment API key'],
  ['note', 'xoxb-'.concat('12345-abcde'), 'a chat API credential'],
  ['note', `sk-proj-${'a1B2'.repeat(6)}`, 'an AI service key'],
  ['note', `AIza${'a1B2c'.repeat(7)}`, 'a Google API key'],
  ['note', `$2b$12$${'a'.repeat(53)}`, 'a password hash'],
  ['note', 'postgres://app:hunter2@db/prod', 'an address with a password'],
  ['note', '4111 1111 1111 1111', 'a payment card number'],
  ['card', 5_500_000_000_000_004, 'a payment card number'],
  ['note', 'GB82 WEST 1234 5698 7654 32', 'an IBAN'],
  ['note', '078-05-1120', 'a social security number'],
  ['password', 'hunter2', 'a secret, by its name'],
  ['session_token', 'q9Wn3xT7bZ4kLr8Vd2Ys6Hf1Gj5M', 'a random secret'],
] as const

export const contentCases: readonly Case[] = [
  ...secretValues.map(([name, value, reason]): Case => ({
    id: 'JWT-40',
    name: `${reason} in "${name}"`,
    parts: () => as('any', { ...good, [name]: value }),
    fires: { pointer: `claims.${name}`, reason, severity: 'error', times: 1 },
  })),
  ...(
    [
      ['email', 'jane@mail.example', 'e-mail'],
      ['contact', '+44 20 7946 0958', 'phone number'],
      ['birth_date', '1990-01-01', 'personal detail'],
      ['phone_number', '07946', 'personal detail'],
    ] as const
  ).map(([name, value, reason]): Case => ({
    id: 'JWT-40',
    name: `${name}, as a warning`,
    parts: () => as('id-token', { ...good, [name]: value }),
    fires: { pointer: `claims.${name}`, reason, severity: 'warning' },
  })),
  {
    id: 'JWT-40',
    name: 'a secret deep inside a list',
    parts: () => as('any', { ...good, a: { b: [{ password: 'x' }] } }),
    fires: { pointer: 'claims.a.b[0].password', severity: 'error' },
  },
  {
    id: 'JWT-40',
    name: 'an e-mail address in a list',
    parts: () => as('any', { ...good, who: ['x', 'a@b.example'] }),
    fires: { pointer: 'claims.who', severity: 'warning' },
  },
  {
    id: 'JWT-40',
    name: 'a secret in the header',
    parts: () => as('any', good, { apikey: 'x' }),
    fires: { pointer: 'header.apikey', severity: 'error' },
  },
  {
    id: 'JWT-40',
    name: 'ordinary claims, and numbers that only look like cards',
    parts: () =>
      as('any', {
        ...good,
        name: 'Jane',
        order: '4111111111111112',
        at: 1_800_000_000_000,
        amr: ['pwd', 'otp'],
        email_verified: true,
        tokens: 'none',
        iban_like: 'GB82WEST12345698765433',
        cnf: { jwk: { k: 1 } },
      }),
  },

  ...(
    [
      [{ host: 'db1.internal' }, 'claims.host', 'internal host'],
      [{ ip: '10.1.2.3' }, 'claims.ip', 'private IP'],
      [{ ip: '192.168.0.9' }, 'claims.ip', 'private IP'],
      [{ ip: '172.31.0.1' }, 'claims.ip', 'private IP'],
      [{ ip: 'fd12:3456::1' }, 'claims.ip', 'private IP'],
      [{ url: 'http://api.prod.svc.cluster.local/' }, 'claims.url', 'internal host'],
      [{ err: frame }, 'claims.err', 'stack trace'],
      [{ p: '/var/www/app' }, 'claims.p', 'file path'],
      [{ admin: true }, 'claims.admin', 'all-powerful'],
      [{ user: { is_admin: true } }, 'claims.user.is_admin', 'all-powerful'],
      [{ list: ['x', '10.0.0.1'] }, 'claims.list[1]', 'private IP'],
    ] as const
  ).map(([more, pointer, reason]): Case => ({
    id: 'JWT-41',
    name: JSON.stringify(more).slice(0, 40),
    parts: () => as('any', { ...good, ...(more as object) }),
    fires: { pointer, reason },
  })),
  {
    id: 'JWT-41',
    name: 'ordinary claims',
    parts: () => as('any', { ...good, admin: false, role: 'admin', ip: '203.0.113.9', site: 'locals.example', v: '172.32.0.1' }),
  },

  {
    id: 'JWT-46',
    name: 'different status codes',
    parts: () => ({ exchanges: [exchange({ flaw: 'signature' }), exchange({ flaw: 'claims', status: 403 })] }),
    fires: { pointer: 'response.status', reason: '403' },
  },
  {
    id: 'JWT-46',
    name: 'different bodies',
    parts: () => ({
      exchanges: [exchange({ flaw: 'signature', body: 'invalid signature' }), exchange({ flaw: 'claims', body: 'jwt expired' })],
    }),
    fires: { pointer: 'response.body', reason: 'differ' },
  },
  {
    id: 'JWT-46',
    name: 'a stack trace',
    parts: () => ({ exchanges: [exchange({ body: frame, status: 500 })] }),
    fires: { pointer: 'response.body', reason: 'stack trace' },
  },
  {
    id: 'JWT-46',
    name: 'equal refusals but for number and time',
    parts: () => ({
      exchanges: [
        exchange({ flaw: 'signature', body: 'refused 17 deadbeef01' }),
        exchange({ flaw: 'claims', body: 'refused 18 deadbeef02' }),
      ],
    }),
  },
  {
    id: 'JWT-46',
    name: 'a stack trace in a page that was served',
    parts: () => ({ exchanges: [exchange({ body: frame, status: 200 }), exchange({ flaw: 'signature' })] }),
  },

  {
    id: 'JWT-51',
    name: 'a bound token accepted as plain Bearer',
    parts: () => ({ exchanges: [exchange({ jwt: bound, status: 200 })] }),
    fires: { pointer: 'request.headers.authorization', reason: 'Bearer' },
  },
  {
    id: 'JWT-51',
    name: 'a bound token accepted under DPoP, but without proof',
    parts: () => ({ exchanges: [exchange({ jwt: bound, scheme: 'DPoP', status: 204 })] }),
    fires: { pointer: 'request.headers.authorization', reason: 'DPoP' },
  },
  {
    id: 'JWT-51',
    name: 'refusals, proofs and unbound tokens',
    parts: () => ({
      exchanges: [
        exchange({ jwt: bound }),
        exchange({ jwt: bound, status: 302 }),
        exchange({ jwt: bound, status: 200, proved: true }),
        exchange({ jwt: plain, status: 200 }),
        exchange({ status: 200 }),
      ],
    }),
  },

  ...(
    ['url-query', 'url-fragment', 'local-storage', 'session-storage', 'indexed-db', 'readable-cookie', 'html', 'script', 'log'] as const
  ).map((place): Case => ({
    id: 'JWT-53',
    name: `a JWT in ${place}`,
    parts: () => ({ sightings: [{ label: 'dump', place, where: 'line 3' }] }),
    fires: { pointer: 'line 3', reason: 'A JWT lies in' },
  })),
  { id: 'JWT-53', name: 'a scan without sightings', parts: async () => ({ jwts: [await jwt()] }) },
  {
    id: 'JWT-46',
    name: 'status 400 for one flaw and 401 for the other',
    parts: () => ({ exchanges: [exchange({ flaw: 'signature', status: 400 }), exchange({ flaw: 'claims' })] }),
    fires: { pointer: 'response.status', reason: '400' },
  },
  {
    id: 'JWT-51',
    name: 'a bound token that was answered by a choice of pages',
    parts: () => ({ exchanges: [exchange({ jwt: bound, status: 300 })] }),
  },
]
