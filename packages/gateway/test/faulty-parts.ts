import type { AuditEvent } from '@cloakroom/contract'
import { Readable } from 'node:stream'
import type { Answer } from '../src/answer.ts'
import type { Bearer, JwtDemand } from '../src/decide/bearer.ts'
import type { Count, Hit } from '../src/decide/counters.ts'
import { leaks } from '../src/decide/credential.ts'
import type { MachineKey } from '../src/decide/machine-key.ts'
import { parsePattern } from '../src/decide/route.ts'
import type { RequestHead } from '../src/decide/head.ts'
import { headersOf } from '../src/decide/headers.ts'
import type { Policy } from '../src/decide/policy.ts'
import { Secret } from '../src/decide/secret.ts'
import { nodeDoor } from '../src/door/node.ts'
import { listen } from '../src/door/server.ts'
import { upgradeDoor } from '../src/door/upgrade.ts'
import { createSpine, type Gateway } from '../src/gateway.ts'
import type { Later } from '../src/lib/later.ts'
import type { AccessLine, Parts } from '../src/parts.ts'
import { call } from './call.ts'
import { manualLater } from './fakes/later.ts'
import { makeApi, makePolicy, makeRoute, makeSession } from './fixtures.ts'

/** What the visitor got. */
export interface Got {
  readonly status: number
  readonly setCookies: readonly string[]
  readonly text: string
}

/** A request in the words of both doors. */
export interface Ask {
  readonly method: string
  readonly path: string
  readonly cookie?: string
  /** A person who opens a page, rather than a script of our own. */
  readonly navigation?: boolean
  readonly webSocket?: boolean
  /** In the place of what a browser says of itself. */
  readonly fields?: readonly (readonly [string, string])[]
}

/** A gateway whose parts all work until `break` replaces one; nothing is mocked inside it. */
export interface FaultyGateway {
  /** Asks through every door; one answer for each, by the door's name. */
  readonly doors: Readonly<Record<string, (ask: Ask) => Promise<Got>>>
  /** Replaces parts until `heal`. */
  break(change: (parts: Parts) => Partial<Parts>): void
  heal(): void
  /** Requests that reached the forwarder. */
  readonly sent: number
  readonly failures: readonly unknown[]
  readonly events: readonly AuditEvent[]
  readonly lines: readonly AccessLine[]
  /** Lets the time of every bound pass. */
  passTime(): void
  close(): Promise<void>
}

export const AT = 100_000_000
export const SESSION = `__Host-Http-session=${'a'.repeat(43)}`
export const EXPIRED = `__Host-Http-session=${'e'.repeat(43)}`
export const VISIT = '__Host-Http-visit=visit'
/** A call that passes when all parts work. */
export const ORDINARY: Ask = { method: 'GET', path: '/api/shop/products/1', cookie: SESSION }
const HOUR_MS = 3_600_000

export async function openFaultyGateway(): Promise<FaultyGateway> {
  const shop = makeApi()
  const mine = makeApi({
    name: 'mine',
    prefix: '/api/mine',
    credential: null,
    visitorToken: { provider: 'acme', resource: null, scopes: null },
  })
  const partner = makeApi({ name: 'partner', prefix: '/api/partner', access: { kind: 'jwt', demand: DEMAND } })
  const guests = makeApi({ name: 'guests', prefix: '/api/guests', access: { kind: 'visitor' } })
  const policy = makePolicy({
    publicOrigin: 'http://shop.example',
    apis: [shop, guests, mine, partner],
    routes: [
      makeRoute(shop, 'GET /products/**'),
      makeRoute(shop, 'WS /products/**'),
      { ...makeRoute(shop, 'POST /orders'), actionToken: 'once' },
      { ...makeRoute(shop, 'GET /meant/**'), actionToken: 'session' },
      makeRoute(mine, 'GET /**'),
      makeRoute(partner, 'GET /**'),
      makeRoute(guests, 'GET /**'),
      makeRoute(guests, 'WS /**'),
    ],
  })
  const seen = { sent: 0, failures: [] as unknown[], events: [] as AuditEvent[], lines: [] as AccessLine[] }
  const time = manualLater()
  const good = goodParts(policy, seen, time.later)
  let current = good
  const gateway = createSpine(switching(good, () => current))
  const now = (): number => AT
  const listener = await listen(
    nodeDoor(gateway, {
      policy: () => current.policy(),
      clock: now,
      newRequestId: () => 'request-1',
      maxTargetBytes: 8192,
      maxRequests: 100,
    }),
    {
      host: '127.0.0.1',
      port: 0,
      key: 'listen',
      limits: { headerBytes: 16_384, headerFields: 100, headMs: 10_000, requestMs: 10_000, keepAliveMs: 5000, connections: 100 },
      tls: null,
      newRequestId: () => 'request-1',
      upgrade: upgradeDoor({
        gateway,
        policy: () => current.policy(),
        clock: now,
        newRequestId: () => 'request-1',
        maxTargetBytes: 8192,
        devServer: () => null,
      }),
    },
  )
  return {
    doors: {
      'gateway.handle': (ask) => handle(gateway, ask),
      'the listener': (ask) => throughSocket(listener.port, ask),
      'a WebSocket handshake': (ask) => throughSocket(listener.port, { ...ask, webSocket: true }),
    },
    break(change) {
      current = { ...good, ...change(good) }
    },
    heal() {
      current = good
    },
    get sent() {
      return seen.sent
    },
    failures: seen.failures,
    events: seen.events,
    lines: seen.lines,
    passTime: () => Array.from({ length: 5 }, () => time.pass(HOUR_MS)).length,
    close: () => listener.close(0),
  }
}

/** The spine takes its parts once; these ask anew at each call which part is there. */
function switching(good: Parts, current: () => Parts): Parts {
  const relayed = Object.entries(good).map(([name, part]: readonly [string, unknown]) => [
    name,
    typeof part === 'object' && part !== null ? relay(part, () => Reflect.get(current(), name) as object) : part,
  ])
  return { ...(Object.fromEntries(relayed) as Parts), policy: () => current().policy() }
}

function relay(good: object, now: () => object): object {
  const methods = Object.keys(good).map((method) => [
    method,
    (...args: readonly unknown[]): unknown => {
      const found: unknown = Reflect.get(now(), method)
      if (typeof found !== 'function') throw new Error(`there is no ${method}`)
      return Reflect.apply(found, undefined, args)
    },
  ])
  return Object.fromEntries(methods) as object
}

function goodParts(
  policy: Policy,
  seen: { sent: number; failures: unknown[]; events: AuditEvent[]; lines: AccessLine[] },
  later: Later,
): Parts {
  const standing = { generation: 0, roles: [] }
  // Last seen two minutes ago: a request is an activity to be noted.
  const alive = makeSession({ authenticatedAt: AT - 120_000, seenAt: AT - 120_000 })
  const over = makeSession({ id: 'session-2', authenticatedAt: AT, seenAt: AT - policy.sessions.idleMs })
  return {
    policy: () => policy,
    sessions: {
      claim: (cookie) => ({ session: cookie.startsWith('e') ? over : alive, standing }),
      touch: () => undefined,
      end: () => true,
    },
    visits: {
      open: () => ({ id: 'visit-1', startedAt: AT - 1000 }),
      start: () => ({ visit: { id: 'visit-2', startedAt: AT }, setCookie: '__Host-Http-visit=fresh; Path=/; Secure' }),
    },
    counters: { add: counted, local: counted },
    vault: { open: (_name, origin) => credential(origin) },
    forward: {
      send() {
        seen.sent += 1
        const bytes = Buffer.from('{"from":"upstream"}')
        return Promise.resolve({
          status: 200,
          headers: [['content-type', 'application/json']],
          body: {
            length: bytes.length,
            start: (sink) => (sink.chunk(bytes), sink.end()),
            resume: () => undefined,
            cancel: () => undefined,
          },
        })
      },
    },
    endpoints: { answer: () => Promise.resolve(text('own')), toPage: (refusal) => Promise.resolve(refusal) },
    site: { answer: () => text('page') },
    audit: { note: (event) => void seen.events.push(event), commit: () => Promise.resolve() },
    observer: { access: (line) => void seen.lines.push(line), failure: (_head, cause) => void seen.failures.push(cause) },
    bans: { find: () => null },
    challenges: {
      cleared: () => [],
      make: () => Promise.reject(new Error('not asked for')),
      redeem: () => Promise.reject(new Error('not asked for')),
    },
    tarpit: { slow: (refusal) => refusal },
    traps: { presents: () => false, canariesIn: () => [], inBody: () => [] },
    decoys: { serve: () => ({ answer: text('decoy'), tag: null }) },
    decisions: { note: () => undefined },
    guard: {
      state: () => ({ armed: true, demoted: new Set() }),
      carryOut: () => undefined,
      met: () => undefined,
      refusedInShadow: () => false,
      saw: () => undefined,
    },
    lockdown: { read: () => null },
    machineKeys: { claim: () => machineKey(), noteUse: () => undefined },
    actionTokens: { prove: () => 'good', spend: () => null, refresh: () => null },
    bearers: { verify: () => Promise.resolve({ kind: 'good', bearer: BEARER }) },
    tokens: { open: (_head, _visitor, api) => Promise.resolve(credential(api.upstreamOrigin)) },
    streams: { watch: () => () => undefined, active: () => undefined, takePlace: () => () => undefined },
    pseudonym: 'cloakroom',
    later,
  }
}

function counted(hits: readonly Hit[]): readonly Count[] {
  return hits.map(({ key, signal }) => ({ key, over: false, retryAfterMs: 0, ...(signal === undefined ? {} : { count: 0 }) }))
}

export const DEMAND: JwtDemand = {
  issuer: 'https://id.example',
  audience: 'partner',
  algorithms: ['ES256'],
  keys: './keys.json',
  type: 'jwt',
  scope: [],
  longestMs: HOUR_MS,
  orLogin: false,
}

export const BEARER: Bearer = {
  issuer: DEMAND.issuer,
  subject: 'partner-7',
  id: null,
  issuedAt: AT,
  expiresAt: AT + HOUR_MS,
  scope: [],
  label: 'b',
}

export function machineKey(change: Partial<MachineKey> = {}): MachineKey {
  const pattern = parsePattern('/**')
  if (pattern === null) throw new Error('not a pattern')
  return {
    id: 'AbCdEf012345',
    name: 'report',
    scopes: [{ api: 'shop', method: 'GET', pattern }],
    roles: [],
    limit: { max: 60, perMs: 60_000, burst: 10 },
    from: [],
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    ...change,
  }
}

export function credential(origin: string) {
  const placement = { kind: 'bearer' } as const
  const secret = new Secret(Buffer.from('sk-live-4f9a2bQ7xZk01c8e'))
  return { placement, secret, origins: [origin], needles: leaks(placement, secret), release: () => undefined }
}

function text(body: string): Answer {
  return { status: 200, headers: [['content-type', 'text/plain']], body: Buffer.from(body) }
}

async function handle(gateway: Gateway, ask: Ask): Promise<Got> {
  const head: RequestHead = {
    id: 'request-1',
    at: AT,
    client: '198.51.100.7',
    scheme: 'http',
    host: 'shop.example',
    method: ask.method,
    path: ask.path,
    query: '',
    headers: headersOf(fieldsOf(ask)),
  }
  const body = ask.method === 'POST' ? { stream: Readable.from([Buffer.from('{}')]), length: 2 } : null
  const answer = await gateway.handle(head, body)
  return {
    status: answer.status,
    setCookies: answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    text: answer.body instanceof Uint8Array ? Buffer.from(answer.body).toString() : '',
  }
}

async function throughSocket(port: number, ask: Ask): Promise<Got> {
  const headers = fieldsOf(ask).filter(([name]) => name !== 'cookie')
  const body = ask.method === 'POST' ? '{}' : ''
  const answer = await call(port, ask.method, ask.path, {
    host: 'shop.example',
    from: 'none',
    headers,
    body,
    ...(ask.cookie === undefined ? {} : { cookie: ask.cookie }),
  })
  return { status: answer.status, setCookies: answer.all('set-cookie'), text: answer.text }
}

function fieldsOf({ cookie, navigation = false, webSocket = false, fields: own }: Ask): readonly (readonly [string, string])[] {
  if (own !== undefined) return own
  const fields: (readonly [string, string])[] = navigation
    ? [
        ['sec-fetch-site', 'none'],
        ['sec-fetch-mode', 'navigate'],
        ['sec-fetch-dest', 'document'],
        ['accept', 'text/html'],
      ]
    : [
        ['sec-fetch-site', 'same-origin'],
        ['sec-fetch-mode', 'cors'],
        ['sec-fetch-dest', 'empty'],
      ]
  if (webSocket) {
    fields.push(['origin', 'http://shop.example'], ['connection', 'Upgrade'], ['upgrade', 'websocket'])
    fields.push(['sec-websocket-version', '13'], ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='])
  }
  return cookie === undefined ? fields : [...fields, ['cookie', cookie]]
}
