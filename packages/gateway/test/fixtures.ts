import type { RequestHead } from '../src/decide/head.ts'
import { headersOf } from '../src/decide/headers.ts'
import type { Access, Api, Policy } from '../src/decide/policy.ts'
import { type ApiRoute, parsePattern } from '../src/decide/route.ts'
import type { Session } from '../src/decide/session.ts'

/** Values for the tests of the core: an owner with two APIs on https://shop.example. */
export function makeApi(change: Partial<Api> = {}): Api {
  return {
    name: 'shop',
    prefix: '/api/shop',
    upstreamOrigin: 'https://api.example.com',
    upstreamPath: '/v1',
    credential: 'shop-key',
    visitorToken: null,
    sign: null,
    assertion: null,
    carry: [],
    cookies: [],
    linksTo: [],
    destinations: ['empty'],
    access: { kind: 'login' },
    onLeak: 'redact',
    deleteBody: false,
    privateNetwork: false,
    activeContent: false,
    limits: {
      requestBytes: 10_485_760,
      responseBytes: null,
      connectMs: 5000,
      headMs: 30_000,
      idleMs: 60_000,
      connections: 1024,
      messageBytes: 1_048_576,
    },
    ...change,
  }
}

export function makeRoute(api: Api, line: string): ApiRoute {
  const [method = '', path = ''] = line.split(' ')
  const pattern = parsePattern(path)
  if (pattern === null) throw new Error(`not a pattern: ${path}`)
  return { kind: 'api', id: `${api.name}: ${line}`, api, method, pattern, actionToken: 'none' }
}

export function makePolicy(change: Partial<Policy> = {}, access: Access = { kind: 'login' }): Policy {
  const api = makeApi({ access })
  return {
    publicOrigin: 'https://shop.example',
    publicHost: 'shop.example',
    basePath: '/auth',
    apis: [api],
    routes: [makeRoute(api, 'GET /products/**'), makeRoute(api, 'POST /orders')],
    site: { access: { kind: 'public' } },
    ownAccounts: true,
    providers: [],
    sessions: { idleMs: 1_800_000, absoluteMs: 43_200_000, perAccount: 10, onLimit: 'end-oldest' },
    secondFactor: { kind: 'optional' },
    resumesIdle: false,
    actionTickMs: 3_600_000,
    visits: { lifetimeMs: 3_600_000, requests: 500, perAddressHour: 60, perCustomerHour: 2000 },
    allowedOrigins: [],
    trustedProxies: [],
    webSockets: { most: 100, perVisitor: 10 },
    signingKeys: [],
    assertionKeys: [],
    waits: { partMs: 5000, requestMs: 300_000 },
    guard: null,
    ...change,
  }
}

export function makeHead(
  change: Partial<Omit<RequestHead, 'headers'>> & { readonly headers?: Readonly<Record<string, string>> } = {},
): RequestHead {
  const { headers = { 'sec-fetch-site': 'same-origin' }, ...rest } = change
  return {
    id: 'request-1',
    at: 1_000_000,
    client: '198.51.100.7',
    scheme: 'https',
    host: 'shop.example',
    method: 'GET',
    path: '/api/shop/products/1',
    query: '',
    ...rest,
    headers: headersOf(Object.entries(headers)),
  }
}

export function makeSession(change: Partial<Session> = {}): Session {
  return {
    id: 'session-1',
    account: 'account-1',
    name: 'ada',
    generation: 0,
    factors: [{ kind: 'password', at: 1_000_000 }],
    createdAt: 1_000_000,
    authenticatedAt: 1_000_000,
    seenAt: 1_000_000,
    address: '198.51.100.7',
    agent: 'a browser',
    traits: '',
    revoked: null,
    ...change,
  }
}
