import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalTarget } from '../../src/decide/head.ts'
import { headersOf } from '../../src/decide/headers.ts'
import { outbound } from '../../src/decide/outbound.ts'
import { findRoute, takesEncodedSlash } from '../../src/decide/route.ts'
import { wireTarget } from '../../src/forward/wire.ts'
import { makeApi, makeHead, makePolicy, makeRoute } from '../fixtures.ts'
import { type Kit, startKit } from '../kit.ts'
import { converse } from '../raw.ts'

/** Of one run; a failure names the target, and `TARGET_SEED=…` repeats the run. */
const SEED = Number(process.env['TARGET_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const TARGETS = 50_000
console.log(`request targets: seed ${SEED}`)

const PIECES =
  '/ / / / a b shop api products admin v1 . .. ... %2e %2E .%2e %2e%2e %2f %2F %5c %5C %25 %252e %252f %00 %0d%0a %7f %41 %7e %c3%a9 %C3%A9 %c0%ae %e0%80%af %u002e % %% %zz %2 ; ;a=b ;/ ..; // /// \\ \\\\ ? ?a=b & = # @ : * + , ! $ \' ( ) ~ - _ " < > ^ ` { | } evil.example http:// https:// //evil.example /api/shop /api/shop/products /api/shop/products/ /api/shop/admin %73hop %61pi SHOP /api/shop/packages/ /api/shop/packages/@a%2fb a%2Fb b%2f.. %2F.. ..%2f'.split(
    ' ',
  )

/** xorshift32: the same targets for the same seed, everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const BEGINNINGS = [
  '',
  '',
  '/',
  ...Array.from({ length: 4 }, () => '/api/shop/products/'),
  '/api/shop/packages/',
  '/api/shop/packages/@a%2F',
]

function makeTarget(next: (below: number) => number): string {
  const beginning = BEGINNINGS[next(BEGINNINGS.length)] ?? ''
  let target = beginning
  for (let left = next(9); left > 0; left -= 1) target += PIECES[next(PIECES.length)] ?? ''
  return target
}

const API = makeApi({ prefix: '/api/shop', upstreamPath: '/v1' })
/** The second one takes an encoded slash, in that one segment. */
const LINES = ['GET /products/**', 'GET /packages/*%2F*/**']
const POLICY = makePolicy({ apis: [API], routes: LINES.map((line) => makeRoute(API, line)), site: null })

/** What the gateway would send for a target; null when it refuses, or when nothing allows it. In the order of door, admit and forward. */
function sentFor(raw: string): { readonly path: string; readonly wire: string } | null {
  const target = canonicalTarget(raw, (path) => takesEncodedSlash(POLICY, path))
  if (target.kind === 'refused') return null
  const found = findRoute(POLICY, 'GET', target.path)
  if (found.kind !== 'route' || found.route.kind !== 'api') return null
  const head = { ...makeHead({ path: target.path, query: target.query }), headers: headersOf([]) }
  return { path: target.path, wire: wireTarget(outbound(head, found.route, { pseudonym: 'cloakroom', identityOnly: true })) }
}

/** The strictest reading of RFC 3986: decodes once, splits on every kind of separator, drops parameters, resolves dots. Null for no path. */
function referencePath(target: string): readonly string[] | null {
  const path = target.split(/[?#]/, 1)[0] ?? ''
  const segments: string[] = []
  for (const segment of decodeOnce(path).split(/[/\\]/).slice(1)) {
    const name = segment.split(';', 1)[0] ?? ''
    if (name === '..') {
      if (segments.length === 0) return null
      segments.pop()
    } else if (name !== '.') segments.push(name)
  }
  return segments
}

function decodeOnce(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

describe('HTTP-03 C2 the path that is judged, the path that is sent and the path that anybody reads are one', () => {
  test(`${TARGETS} made-up request targets`, () => {
    const next = random(SEED)
    let passed = 0
    let slashed = 0
    for (let at = 0; at < TARGETS; at += 1) {
      const raw = makeTarget(next)
      const sent = sentFor(raw)
      if (sent === null) continue
      passed += 1
      if (sent.path.includes('%2F')) slashed += 1
      const complaint = objection(raw, sent.path, sent.wire)
      if (complaint !== null) throw new Error(`seed ${SEED}, target ${JSON.stringify(raw)} → ${JSON.stringify(sent.wire)}: ${complaint}`)
    }
    // A test in which nothing passes, or everything, shows nothing.
    expect(passed).toBeGreaterThan(TARGETS / 100)
    expect(passed).toBeLessThan(TARGETS / 2)
    expect(slashed).toBeGreaterThan(TARGETS / 500)
  })

  test('a reading that differs is noticed', () => {
    expect(objection('/api/shop/products/../admin', '/api/shop/products/../admin', '/v1/products/../admin')).not.toBeNull()
    expect(objection('/api/shop/products/a%2fb', '/api/shop/products/a%2fb', '/v1/products/a%2fb')).not.toBeNull()
    expect(objection('/api/shop/products/a;b', '/api/shop/products/a', '/v1/products/a')).not.toBeNull()
    expect(objection('/api/shop/products/a', '/api/shop/products/a', '/v1/products/b')).not.toBeNull()
    for (const bad of ['a%2F..', '..%2Fa', 'a%2Fb%2Fc', 'a%2F', 'a%5Cb', 'ab', 'a%2Fb/c%2Fd'])
      expect(objection(`/api/shop/packages/${bad}`, `/api/shop/packages/${bad}`, `/v1/packages/${bad}`), bad).not.toBeNull()
    expect(objection('/api/shop/packages/a%2fb', '/api/shop/packages/a%2Fb', '/v1/packages/a%2Fb')).toBeNull()
  })
})

/** Why this target should not have passed in this form; null when everybody agrees on it. */
function objection(raw: string, path: string, wire: string): string | null {
  const wirePath = wire.split('?', 1)[0] ?? ''
  if (wirePath !== `/v1${path.slice('/api/shop'.length)}`) return 'what is sent is not what was judged'
  // What stands on either side of the slash is a name to everybody; nothing else of the path holds a second one.
  const slash = /^\/v1\/packages\/[^/%]*(?:%(?!2F|5C|25)[0-9A-F]{2}[^/%]*)*%2F[^/%]*(?:%(?!2F|5C|25)[0-9A-F]{2}[^/%]*)*(?:\/|$)/.exec(
    wirePath,
  )
  if (slash === null && !/^\/v1\/products(?:\/|$)/.test(wirePath)) return 'it is not below what is allowed'
  if (wirePath.replace('%2F', '').includes('%2F')) return 'a second encoded slash'
  if (/\/%2F|%2F(?:\/|$)/.test(wirePath)) return 'nothing on one side of the encoded slash'
  if (slash === null && wirePath.includes('%2F')) return 'an encoded slash where no line takes one'
  if (decodeOnce(raw.split('?', 1)[0] ?? '') !== `/api/shop${decodeOnce(wirePath.slice('/v1'.length))}`)
    return 'it is not what was asked for'
  const rawQuery = raw.includes('?') ? raw.slice(raw.indexOf('?')) : ''
  if (wire.slice(wirePath.length) !== (rawQuery === '?' ? '' : rawQuery)) return 'the query was changed'
  const url = new URL(wire, 'http://upstream.example')
  if (url.host !== 'upstream.example') return 'a URL parser sees another host'
  if (url.pathname !== wirePath) return `a URL parser sees ${url.pathname}`
  const [strict, before] = [referencePath(wire), referencePath(raw)]
  if (strict === null || before === null) return 'a strict parser sees no path'
  if (strict[0] !== 'v1' || strict[1] !== (slash === null ? 'products' : 'packages')) return `a strict parser sees /${strict.join('/')}`
  if (strict.slice(1).join('/') !== before.slice(2).join('/')) return 'a strict parser sees different paths before and after'
  // To whom decodes first, the encoded slash is one border more: it must be the only thing that changes.
  if (strict.length !== wirePath.slice(1).split(/\/|%2F/).length) return 'a strict parser drops or merges something'
  return null
}

let kit: Kit
let cookie: string
beforeAll(async () => {
  kit = await startKit({ config: { shop: { allow: LINES } } })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

test('HTTP-03 C2 a few hundred of them over the wire: the upstream receives what was judged, or nothing', async () => {
  const next = random(SEED ^ 0x5bd1e995)
  let passed = 0
  for (let at = 0; at < 400; at += 1) {
    // A blank or a control character would end the target; the corpus of framings has those.
    const raw = makeTarget(next)
    const before = kit.upstream.requests.length
    const bytes = Buffer.from(`GET ${raw} HTTP/1.1\r\nHost: ${new URL(kit.origin).host}\r\nCookie: ${cookie}\r\n\r\n`, 'latin1')
    const { answers } = await converse(kit.running.port, [{ pieces: [{ bytes }] }], 3000, 0)
    const arrived = kit.upstream.requests.slice(before).map(({ target }) => target)
    const expected = sentFor(raw)
    expect(arrived, `seed ${SEED}, ${JSON.stringify(raw)}`).toEqual(expected === null ? [] : [expected.wire])
    expect(answers[0]?.status === 200, `seed ${SEED}, ${JSON.stringify(raw)}`).toBe(expected !== null)
    if (expected !== null) passed += 1
  }
  expect(passed).toBeGreaterThan(10)
})
