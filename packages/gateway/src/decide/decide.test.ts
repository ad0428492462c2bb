import { describe, expect, test } from 'vitest'
import { makeHead, makePolicy, makeSession } from '../../test/fixtures.ts'
import { admit } from './admit.ts'
import { decide, hits } from './decide.ts'
import type { Reply } from './facts.ts'
import type { RequestHead } from './head.ts'
import type { Policy } from './policy.ts'
import type { Visitor } from './session.ts'

const stranger: Visitor = { kind: 'stranger', stale: null, expired: null }
const visitor: Visitor = { kind: 'visitor', visit: { id: 'visit-1', startedAt: 0 } }
const known = (roles: readonly string[] = []): Visitor => ({ kind: 'known', session: makeSession(), roles, touch: false })

function judged(head: RequestHead, who: Visitor, policy: Policy = makePolicy()): string {
  const admission = admit(head, policy)
  if (admission.kind === 'own') return 'own'
  if (admission.kind === 'refused') return named(admission.reply)
  const decision = decide({ head, route: admission.route, visitor: who, counts: [], action: 'not-needed' }, policy, admission.steps)
  return decision.verdict === 'pass' ? 'pass' : named(decision.reply)
}

function named(reply: Reply): string {
  return reply.kind === 'problem' ? reply.code : reply.kind === 'redirect' ? `→ ${reply.location}` : reply.kind
}

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none', accept: 'text/html' }

describe('who may', () => {
  test.each([
    ['public', stranger, 'pass'],
    ['visitor', stranger, 'visit_required'],
    ['visitor', visitor, 'pass'],
    ['visitor', known(), 'pass'],
    ['login', stranger, 'session_required'],
    ['login', visitor, 'session_required'],
    ['login', known(), 'pass'],
  ] as const)('%s route, %j', (access, who, expected) => expect(judged(makeHead(), who, makePolicy({}, { kind: access }))).toBe(expected))

  test('a role is needed where one is named', () => {
    const policy = makePolicy({}, { kind: 'role', role: 'staff' })
    expect(judged(makeHead(), stranger, policy)).toBe('session_required')
    expect(judged(makeHead(), known(['guest', 'Staff']), policy)).toBe('role_required')
    expect(judged(makeHead(), known(['staff']), policy)).toBe('pass')
  })

  describe('a route that needs a fresh proof', () => {
    const policy = makePolicy({}, { kind: 'fresh', withinMs: 300_000, role: 'staff' })
    const proven = (at: number, roles: readonly string[] = ['staff']): Visitor => ({
      kind: 'known',
      session: makeSession({ factors: [{ kind: 'password', at }] }),
      roles,
      touch: false,
    })
    const old = proven(1_000_000 - 300_000)
    test('passes while the proof is young', () => expect(judged(makeHead(), proven(1_000_000 - 299_999), policy)).toBe('pass'))
    test('SES-20 asks for a new one when it is old', () => {
      expect(judged(makeHead(), old, policy)).toBe('step-up')
      expect(judged(makeHead(), old, makePolicy({}, { kind: 'fresh', withinMs: 300_001, role: null }))).toBe('pass')
    })
    test('asks nobody for a proof who may not do it anyway', () => {
      expect(judged(makeHead(), proven(1_000_000 - 300_000, ['guest']), policy)).toBe('role_required')
      expect(judged(makeHead(), proven(1_000_000, ['guest']), policy)).toBe('role_required')
    })
    test('is closed to strangers and visits', () => {
      expect(judged(makeHead(), stranger, policy)).toBe('session_required')
      expect(judged(makeHead(), visitor, policy)).toBe('session_required')
    })
  })

  test('MFA-01 a session on a password alone is closed where the owner demands a second factor by now', () => {
    const policy = makePolicy({ secondFactor: { kind: 'roles', roles: ['admin'] } })
    const bare = known(['admin'])
    const both: Visitor = {
      kind: 'known',
      session: makeSession({ factors: [{ kind: 'totp', at: 1_000_000 }] }),
      roles: ['admin'],
      touch: false,
    }
    expect(judged(makeHead(), bare, policy)).toBe('enrol')
    expect(judged(makeHead(), both, policy)).toBe('pass')
    expect(judged(makeHead(), known(['guest']), policy)).toBe('pass')
    expect(judged(makeHead(), bare, makePolicy({ secondFactor: { kind: 'required' } }, { kind: 'role', role: 'admin' }))).toBe('enrol')
    expect(judged(makeHead(), bare, makePolicy({ secondFactor: { kind: 'required' } }, { kind: 'public' }))).toBe('pass')
  })

  test('a call under an identifier that was replaced is told that there is a newer one', () => {
    const replaced: Visitor = { kind: 'stranger', stale: 'replaced', expired: null }
    expect(judged(makeHead(), replaced)).toBe('session_replaced')
    expect(judged(makeHead(), { ...replaced, stale: 'logout' })).toBe('session_required')
  })

  test('RATE-10 an address alone never admits anybody', () => {
    const policy = makePolicy({ trustedProxies: [{ address: new Uint8Array(16), bits: 0 }] })
    expect(judged(makeHead({ client: '127.0.0.1' }), stranger, policy)).toBe('session_required')
  })
})

describe('a stranger on a protected site', () => {
  const policy = makePolicy({ site: { access: { kind: 'login' } } })
  test('is led to the login page when he opens a page', () =>
    expect(judged(makeHead({ path: '/', headers: navigation }), stranger, policy)).toBe('login'))
  test('gets 401 when a script asks', () => expect(judged(makeHead({ path: '/x.json' }), stranger, policy)).toBe('session_required'))
})

describe('CSRF-15 an API answers scripts, not documents, images or scripts’ sources', () => {
  test.each(['document', 'image', 'script', 'iframe', 'style', 'object', 'serviceworker'])('%s', (destination) => {
    expect(judged(makeHead({ headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': destination } }), known())).toBe(
      'destination_refused',
    )
  })
  test('empty passes', () =>
    expect(judged(makeHead({ headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' } }), known())).toBe('pass'))
  test('HDR-13 no service worker comes from an API', () =>
    expect(judged(makeHead({ headers: { 'sec-fetch-site': 'same-origin', 'service-worker': 'script' } }), known())).toBe(
      'destination_refused',
    ))
})

describe('TLS-02 COO-15 plain HTTP', () => {
  test('an API call is refused, not led elsewhere', () => expect(judged(makeHead({ scheme: 'http' }), known())).toBe('plain_http'))
  test('a page is opened over HTTPS', () =>
    expect(judged(makeHead({ scheme: 'http', path: '/x', query: 'a=1', headers: navigation }), stranger)).toBe(
      '→ https://shop.example/x?a=1',
    ))
  test('also when port 80 is written out', () =>
    expect(judged(makeHead({ scheme: 'http', host: 'shop.example:80', path: '/', headers: navigation }), stranger)).toBe(
      '→ https://shop.example/',
    ))
  test('the gateway’s own endpoints are no exception', () =>
    expect(judged(makeHead({ scheme: 'http', path: '/auth/session' }), stranger)).toBe('plain_http'))
})

describe('TLS-06 another host’s name', () => {
  test.each(['evil.example', 'shop.example.evil.example', 'shop.example:8443', 'localhost:8080'])('%s gets 421', (host) =>
    expect(judged(makeHead({ host }), known())).toBe('misdirected'),
  )
  test('also for a navigation', () =>
    expect(judged(makeHead({ host: 'evil.example', path: '/', headers: navigation }), stranger)).toBe('misdirected'))
  test('the default port may be written out', () => expect(judged(makeHead({ host: 'shop.example:443' }), known())).toBe('pass'))
  test('on one machine, 127.0.0.1 leads to localhost', () => {
    const policy = makePolicy({ publicOrigin: 'http://localhost:8080', publicHost: 'localhost:8080' })
    expect(judged(makeHead({ scheme: 'http', host: '127.0.0.1:8080', path: '/', headers: navigation }), stranger, policy)).toBe(
      '→ http://localhost:8080/',
    )
  })
})

describe('HTTP-17 methods', () => {
  test.each(['TRACE', 'CONNECT'])('%s is never allowed', (method) => expect(judged(makeHead({ method }), known())).toBe('method_refused'))
  test('CSRF-14 OPTIONS is answered here', () =>
    expect(judged(makeHead({ method: 'OPTIONS', path: '/api/shop/orders' }), stranger)).toBe('options'))
  test('an unlisted method gets 405', () => expect(judged(makeHead({ method: 'PUT' }), known())).toBe('method_not_allowed'))
  test('an unlisted path gets 404', () => expect(judged(makeHead({ path: '/api/shop/secrets' }), known())).toBe('not_found'))
  test('the site is read only', () => expect(judged(makeHead({ method: 'POST', path: '/' }), known())).toBe('method_not_allowed'))
})

describe('visits are bounded', () => {
  const policy = makePolicy({}, { kind: 'visitor' })
  test('each call of a visit is counted, and no refill comes before its end', () => {
    const admission = admit(makeHead(), policy)
    if (admission.kind !== 'route') throw new Error('not admitted')
    const [hit] = hits(makeHead(), admission.route, visitor, policy)
    expect(hit?.limit).toEqual({ max: 1, perMs: 3_600_000, burst: 500 })
    const counts = [{ key: hit!.key, over: true, retryAfterMs: 1000 }]
    const decision = decide({ head: makeHead(), route: admission.route, visitor, counts, action: 'not-needed' }, policy, [])
    expect(decision).toMatchObject({ verdict: 'refuse', reply: { code: 'visit_exhausted', retryAfterMs: 1000 } })
  })
  test('opening a page begins one, unless the address has begun too many', () => {
    const head = makeHead({ path: '/', headers: navigation })
    const admission = admit(head, policy)
    if (admission.kind !== 'route') throw new Error('not admitted')
    const begin = (over: boolean) =>
      decide(
        { head, route: admission.route, visitor: stranger, counts: [{ key: 'k', over, retryAfterMs: 0 }], action: 'not-needed' },
        policy,
        [],
      ).effects
    expect(begin(false)).toEqual([{ do: 'start-visit', within: null }])
    expect(begin(true)).toEqual([])
  })

  test('RATE-03 from an IPv6 address only within what its whole /48 may begin', () => {
    const effectsFor = (client: string) => {
      const head = makeHead({ path: '/', headers: navigation, client })
      const admission = admit(head, policy)
      if (admission.kind !== 'route') throw new Error('not admitted')
      return decide(
        { head, route: admission.route, visitor: stranger, counts: [{ key: 'k', over: false, retryAfterMs: 0 }], action: 'not-needed' },
        policy,
        [],
      ).effects
    }
    const [one] = effectsFor('2001:db8:1:2::1')
    expect(one).toMatchObject({ do: 'start-visit', within: { limit: { burst: 2000, max: 2000 } } })
    expect(effectsFor('2001:db8:1:ffff::9')).toEqual([one])
    expect(effectsFor('2001:db8:2:2::1')).not.toEqual([one])
  })
})
