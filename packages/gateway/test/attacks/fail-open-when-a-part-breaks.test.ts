import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Parts } from '../../src/parts.ts'
import { makeSession } from '../fixtures.ts'
import { type Ask, AT, credential, EXPIRED, type FaultyGateway, openFaultyGateway, SESSION, VISIT } from '../faulty-parts.ts'

const API: Ask = { method: 'GET', path: '/api/shop/products/1', cookie: SESSION }
const OVER: Ask = { method: 'GET', path: '/api/shop/products/1', cookie: EXPIRED }
const GUEST: Ask = { method: 'GET', path: '/api/guests/x', cookie: VISIT }
const PAGE: Ask = { method: 'GET', path: '/', navigation: true }
const OWN: Ask = { method: 'POST', path: '/auth/login' }
const NOWHERE: Ask = { method: 'DELETE', path: '/nowhere' }

/** A part's method, the request that needs it, and what a visitor gets when it breaks in each way. */
interface Row {
  readonly port: string
  readonly ask: Ask
  /** Puts `broken` in the method's place. */
  readonly put: (parts: Parts, broken: () => never) => Partial<Parts>
  /** When nothing comes in time; null for parts that answer at once or not at all. */
  readonly late: number | null
  readonly nonsense: number
  /** Answers of the right shape that cannot be true, besides those that fit no part. */
  readonly lies: readonly unknown[]
  /** A null that is an answer. */
  readonly nullIsAnswer?: boolean
  readonly functionIsAnswer?: boolean
  /** The method returns nothing, so nothing it returns is believed. */
  readonly silent?: boolean
}

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
    ask: API,
    put: (_parts, policy) => ({ policy }),
    late: null,
    nonsense: 500,
    lies: [{ publicOrigin: 'http://shop.example' }],
  },
  {
    port: 'sessions.claim',
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
    ask: API,
    put: ({ sessions }, touch) => ({ sessions: { ...sessions, touch } }),
    late: 503,
    nonsense: 0,
    lies: [],
    silent: true,
  },
  {
    port: 'sessions.end',
    ask: OVER,
    put: ({ sessions }, end) => ({ sessions: { ...sessions, end } }),
    late: 503,
    nonsense: 0,
    lies: [],
    silent: true,
  },
  {
    port: 'visits.open',
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

const NONSENSE = [undefined, null, true, 0, 'yes', '', {}, [], () => undefined, Symbol('nothing'), 1n]

let gateway: FaultyGateway
beforeAll(async () => {
  gateway = await openFaultyGateway()
})
afterAll(() => gateway.close())

const unhandled: unknown[] = []
process.on('unhandledRejection', (cause) => unhandled.push(cause))

/** A handshake asks the same parts as a call of an API; the other ones are not on its way. */
const ON_A_HANDSHAKE = new Set([
  'policy',
  'sessions.claim',
  'sessions.touch',
  'sessions.end',
  'visits.open',
  'counters.add',
  'vault.open',
  'forward.send',
  'streams.takePlace',
])

describe.each(['gateway.handle', 'the listener', 'a WebSocket handshake'])('Fail open, through %s', (door) => {
  const rows =
    door === 'a WebSocket handshake'
      ? ROWS.filter(({ port }) => ON_A_HANDSHAKE.has(port))
      : ROWS.filter(({ port }) => port !== 'streams.takePlace')
  const plain = door !== 'a WebSocket handshake'
  const through = (ask: Ask) => gateway.doors[door]!(ask)

  /** Breaks a part, asks, and looks at everything that must hold, the request after it included. */
  async function refusedBy(row: Row, broken: () => unknown, status: number, whileAsking = (): void => undefined): Promise<void> {
    const before = { sent: gateway.sent, told: gateway.failures.length + gateway.events.length }
    gateway.break((parts) => row.put(parts, broken as () => never))
    try {
      const asking = through(row.ask)
      whileAsking()
      const got = await asking
      expect({ status: got.status, cookies: got.setCookies }).toEqual({ status, cookies: [] })
      expect(got.text).not.toContain('"from"')
      // The forwarder itself is behind the judgement: what counts there is that its nonsense goes no further.
      if (row.port !== 'forward.send') expect(gateway.sent).toBe(before.sent)
      // The door answers without a policy: it has no judgement to note.
      if (row.port !== 'policy' || door === 'gateway.handle')
        expect(gateway.failures.length + gateway.events.length).toBeGreaterThan(before.told)
    } finally {
      gateway.heal()
    }
    // Whatever came, an ordinary call is answered afterwards.
    const next = await gateway.doors['the listener']!(API)
    expect(next.status).toBe(200)
    expect(unhandled).toEqual([])
  }

  test.each(rows)('SES-22 $port throws: refused, the cookie is kept, nothing is sent, the next request works', async (row) => {
    const boom = (): never => {
      throw new Error('broken')
    }
    await refusedBy(row, boom, 500)
    if (row.late !== null) await refusedBy(row, () => Promise.reject(new Error('broken')), 500)
  })

  test.each(rows.filter(({ late }) => late !== null))('SES-22 $port never answers: refused when its time is over', async (row) => {
    const entered = Promise.withResolvers<void>()
    const hang = (): Promise<never> => {
      entered.resolve()
      return new Promise(() => undefined)
    }
    await refusedBy(row, hang, row.late ?? 0, () => void entered.promise.then(() => setImmediate(() => gateway.passTime())))
  })

  test.each(rows.filter(({ silent }) => silent !== true))('SES-22 $port answers nonsense: refused, at once or later', async (row) => {
    for (const nonsense of [...NONSENSE, ...row.lies]) {
      if (nonsense === null && row.nullIsAnswer === true) continue
      if (typeof nonsense === 'function' && row.functionIsAnswer === true) continue
      await refusedBy(row, () => nonsense, row.nonsense)
      if (row.late !== null) await refusedBy(row, () => Promise.resolve(nonsense), row.nonsense)
    }
  })

  test.runIf(plain)('SES-22 a broken observer neither stops a request nor lets one through', async () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    gateway.break(() => ({ observer: { access: broken, failure: broken } }))
    expect((await through(API)).status).toBe(200)
    expect((await through(NOWHERE)).status).toBe(405)
    gateway.break(() => ({ observer: { access: broken, failure: broken }, vault: { open: broken } }))
    expect((await through(API)).status).toBe(500)
    gateway.heal()
  })

  test.runIf(plain)('SES-22 a refusal that cannot be made a page stays the refusal it is', async () => {
    const pages: readonly (() => unknown)[] = [
      () => {
        throw new Error('broken')
      },
      () => Promise.reject(new Error('broken')),
      () => undefined,
      () => Promise.resolve({ status: 200, headers: [], body: Buffer.from('come in') }),
    ]
    for (const toPage of pages) {
      gateway.break(({ endpoints, site }) => ({
        site: site && { answer: pages[0] as () => never },
        endpoints: { ...endpoints, toPage: toPage as () => never },
      }))
      const got = await through(PAGE)
      expect(got.status).toBe(500)
      expect(got.text).not.toContain('come in')
    }
    gateway.heal()
  })
})
