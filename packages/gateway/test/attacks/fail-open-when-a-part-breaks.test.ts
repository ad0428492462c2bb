import { expect, test } from 'vitest'
import { makeSession } from '../fixtures.ts'
import { describeFailClosed, type Row } from '../fail-closed.ts'
import { type Ask, AT, credential, EXPIRED, ORDINARY as API, VISIT } from '../faulty-parts.ts'

const OVER: Ask = { method: 'GET', path: '/api/shop/products/1', cookie: EXPIRED }
const GUEST: Ask = { method: 'GET', path: '/api/guests/x', cookie: VISIT }
const PAGE: Ask = { method: 'GET', path: '/', navigation: true }
const OWN: Ask = { method: 'POST', path: '/auth/login' }
const NOWHERE: Ask = { method: 'DELETE', path: '/nowhere' }

const standing = { generation: 0, roles: [] }
const answers: readonly unknown[] = [
  { status: 1000, headers: [], body: null },
  { status: 101, headers: [], body: null },
  { status: '200', headers: [], body: null },
  { status: 200, headers: null, body: null },
  { status: 200, headers: [['x-cut']], body: null },
  { status: 200, headers: [], body: 'text' },
  { status: 200, headers: [], body: {} },
  { status: 200, headers: [], body: { length: -5, start: () => undefined, resume: () => undefined, cancel: () => undefined } },
]

const ROWS: readonly Row[] = [
  {
    port: 'policy',
    onHandshake: true,
    ask: API,
    put: (_parts, policy) => ({ policy }),
    late: null,
    nonsense: 500,
    lies: [{ publicOrigin: 'http://shop.example' }],
  },
  {
    port: 'sessions.claim',
    onHandshake: true,
    ask: API,
    put: ({ sessions }, claim) => ({ sessions: { ...sessions, claim } }),
    late: 503,
    nonsense: 503,
    nullIsAnswer: true,
    lies: [
      { session: makeSession({ authenticatedAt: Number.NaN }), standing },
      { session: makeSession({ seenAt: Number.NaN }), standing },
      { session: { ...makeSession(), revoked: undefined }, standing },
      { session: { ...makeSession(), generation: '0' }, standing },
      { session: makeSession(), standing: undefined },
      { session: makeSession(), standing: { generation: 0, roles: 'admin' } },
      { session: makeSession(), standing: { generation: -1, roles: [] } },
    ],
  },
  {
    port: 'sessions.touch',
    onHandshake: true,
    ask: API,
    put: ({ sessions }, touch) => ({ sessions: { ...sessions, touch } }),
    late: 503,
    nonsense: 0,
    lies: [],
    silent: true,
  },
  {
    port: 'sessions.end',
    onHandshake: true,
    ask: OVER,
    put: ({ sessions }, end) => ({ sessions: { ...sessions, end } }),
    late: 503,
    nonsense: 0,
    lies: [],
    silent: true,
  },
  {
    port: 'visits.open',
    onHandshake: true,
    ask: GUEST,
    put: ({ visits }, open) => ({ visits: { ...visits, open } }),
    late: null,
    nonsense: 503,
    nullIsAnswer: true,
    lies: [{ id: '', startedAt: AT }, { id: 5, startedAt: AT }, { id: 'visit-1' }, { id: 'visit-1', startedAt: Number.NaN }],
  },
  {
    port: 'visits.start',
    ask: PAGE,
    put: ({ visits }, start) => ({ visits: { ...visits, start } }),
    late: null,
    nonsense: 503,
    lies: [
      { visit: null, setCookie: 'a=b' },
      { visit: { id: 'visit-2', startedAt: AT }, setCookie: 'a=b\r\nset-cookie: c=d' },
    ],
  },
  {
    port: 'counters.add',
    onHandshake: true,
    ask: GUEST,
    put: (_parts, add) => ({ counters: { add } }),
    late: 503,
    nonsense: 503,
    lies: [
      [],
      [undefined],
      [count({}), count({})],
      [count({ key: 'another' })],
      [count({ over: 'no' })],
      [count({ over: undefined })],
      [count({ retryAfterMs: -1 })],
      [count({ retryAfterMs: Number.NaN })],
    ],
  },
  {
    port: 'vault.open',
    onHandshake: true,
    ask: API,
    put: (_parts, open) => ({ vault: { open } }),
    late: 503,
    nonsense: 503,
    lies: [
      { ...credential('https://api.example.com'), origins: ['https://attacker.example'] },
      { ...credential('https://api.example.com'), origins: [] },
      { ...credential('https://api.example.com'), origins: 'https://api.example.com' },
      { ...credential('https://api.example.com'), needles: [] },
      { ...credential('https://api.example.com'), secret: 'sk-live' },
      { ...credential('https://api.example.com'), placement: { kind: 'everywhere' } },
      { ...credential('https://api.example.com'), release: undefined },
    ],
  },
  {
    port: 'forward.send',
    afterwards: true,
    onHandshake: true,
    ask: API,
    put: (_parts, send) => ({ forward: { send } }),
    late: 504,
    nonsense: 502,
    lies: [...answers, { status: 200, headers: [], body: null }],
  },
  { port: 'endpoints.answer', ask: OWN, put: (_parts, answer) => ({ endpoints: { answer } }), late: 503, nonsense: 500, lies: answers },
  { port: 'site.answer', ask: PAGE, put: (_parts, answer) => ({ site: { answer } }), late: 504, nonsense: 500, lies: answers },
  {
    port: 'streams.takePlace',
    onlyHandshake: true,
    ask: API,
    put: ({ streams }, takePlace) => (streams === undefined ? {} : { streams: { ...streams, takePlace } }),
    late: null,
    nonsense: 500,
    lies: [],
    nullIsAnswer: true,
    functionIsAnswer: true,
  },
  {
    port: 'audit.note',
    ask: NOWHERE,
    put: ({ audit }, note) => ({ audit: { ...audit, note } }),
    late: null,
    nonsense: 0,
    lies: [],
    silent: true,
  },
]

function count(change: Readonly<Record<string, unknown>>): unknown {
  return { key: '5:visit7:visit-1', over: false, retryAfterMs: 0, ...change }
}

describeFailClosed('Fail open', ROWS, (gateway, through, isPlain) => {
  test.runIf(isPlain)('SES-22 a broken observer neither stops a request nor lets one through', async () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    gateway().break(() => ({ observer: { access: broken, failure: broken } }))
    expect((await through(API)).status).toBe(200)
    expect((await through(NOWHERE)).status).toBe(405)
    gateway().break(() => ({ observer: { access: broken, failure: broken }, vault: { open: broken } }))
    expect((await through(API)).status).toBe(500)
    gateway().heal()
  })

  test.runIf(isPlain)('SES-22 a refusal that cannot be made a page stays the refusal it is', async () => {
    const pages: readonly (() => unknown)[] = [
      () => {
        throw new Error('broken')
      },
      () => Promise.reject(new Error('broken')),
      () => undefined,
      () => Promise.resolve({ status: 200, headers: [], body: Buffer.from('come in') }),
    ]
    for (const toPage of pages) {
      gateway().break(({ endpoints, site }) => ({
        site: site && { answer: pages[0] as () => never },
        endpoints: { ...endpoints, toPage: toPage as () => never },
      }))
      const got = await through(PAGE)
      expect(got.status).toBe(500)
      expect(got.text).not.toContain('come in')
    }
    gateway().heal()
  })
})
