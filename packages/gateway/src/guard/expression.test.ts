import { describe, expect, test } from 'vitest'
import { makeHead } from '../../test/fixtures.ts'
import type { Subject } from '../decide/guard.ts'
import { createLanguage, type ScopedCondition } from './expression.ts'
import type { Enrichment } from './facts.ts'
import { cidrList, globList, type NamedList, type Read } from './lists.ts'

function listed(read: Read<NamedList>): NamedList {
  if (read.kind === 'problem') throw new Error(read.text)
  return read.value
}

const enrichment: Enrichment = { country: (address) => (address === '192.0.2.1' ? 'CH' : undefined), asn: () => null }
const language = createLanguage({
  lists: new Map([
    ['staff', listed(cidrList(['203.0.113.0/24', '2001:db8:1::/48']))],
    ['scans', listed(globList(['/.env*', '/.git/**', '/**/*.php']))],
  ]),
  signals: ['probe'],
  enrichment,
})

function condition(text: string): ScopedCondition {
  const compiled = language.condition(text)
  if (compiled.kind === 'problem') throw new Error(compiled.problem.text)
  return compiled.value
}

function subjectOf(change: Partial<Parameters<typeof makeHead>[0]> & Partial<Subject> = {}): Subject {
  const { visitor = null, answer = null, event = null, route = { id: 'shop: GET /**', kind: 'api', api: 'shop' }, ...head } = change
  return { phase: 'request', at: 0, head: makeHead(head), route, visitor, answer, event }
}

const read = () => ({ over: true, count: 12.5, limit: 10, windowMs: 1000, retryAfterMs: 5 })
const holds = (text: string, subject = subjectOf()) => condition(text).holds(subject, read)

describe('a condition', () => {
  test.each([
    ['request.method == "GET"', true],
    ['request.path.startsWith("/api/") && !(request.method in ["PUT", "DELETE"])', true],
    ['signal.probe.over && signal.probe.count >= 10', true],
    ['ip.country == "CH"', true],
    ['ip.asn == 0', true],
    ['header("x-none") == "" && query("none") == ""', true],
    ['size(request.ua) > 0 ? false : true', true],
    ['session.age > duration("5m")', false],
    ['session.fresh_mfa_age > duration("5m")', true],
    ['"admin" in account.roles', false],
    ['regex(request.path, "^/api/(shop|store)/")', true],
    ['request.path in glob("/api/**")', true],
    ['ip.addr in cidr("192.0.2.0/24")', true],
    ['ip.addr in lists.staff', false],
    ['1 / 0 == 1', 'unknown'],
  ])('%s is %s', (text, expected) => {
    expect(holds(text, subjectOf({ path: '/api/shop/products', client: '192.0.2.1' }))).toBe(expected)
  })

  test('with a part that cannot be known is unknown only where that part decides', () => {
    const subject = subjectOf({ client: '192.0.2.9' })
    expect(holds('ip.country == "CH"', subject)).toBe('unknown')
    expect(holds('!(ip.country == "CH")', subject)).toBe('unknown')
    expect(holds('request.method == "POST" && ip.country == "CH"', subject)).toBe(false)
    expect(holds('ip.country == "CH" || request.method == "GET"', subject)).toBe(true)
    expect(holds('(ip.country == "CH" ? true : true)', subject)).toBe('unknown')
    expect(holds('request.size > 100', subjectOf({ headers: { 'transfer-encoding': 'chunked' } }))).toBe('unknown')
    expect(holds('request.size > 100', subjectOf({ headers: { 'content-length': '101' } }))).toBe(true)
  })

  test('says what it rests on', () => {
    expect(
      condition('signal.probe.over && request.path == "/a" && ip.country == "CH"').trace(
        subjectOf({ path: '/a', client: '192.0.2.9' }),
        read,
      ),
    ).toEqual([
      { text: 'signal.probe.over', value: 'true' },
      { text: 'request.path', value: '/a' },
      { text: 'ip.country', value: 'unknown' },
    ])
  })

  test('knows where it can hold at all, and never narrower than it is', () => {
    expect(condition('route.id == "login" && request.method == "POST" && signal.probe.over').scope).toEqual({
      routes: ['login'],
      apis: null,
      methods: ['POST'],
    })
    expect(condition('route.api in ["a", "b"] && (request.method == "PUT" || request.method == "POST")').scope).toEqual({
      routes: null,
      apis: ['a', 'b'],
      methods: ['PUT', 'POST'],
    })
    expect(condition('route.id == "login" || signal.probe.over').scope).toEqual({ routes: null, apis: null, methods: null })
    expect(condition('!(route.id == "login")').scope).toEqual({ routes: null, apis: null, methods: null })
  })

  test('looks at no more of a text than is bounded', () => {
    const long = subjectOf({ path: `/${'a'.repeat(20_000)}` })
    expect(holds('size(request.path) <= 4096', long)).toBe(true)
    const began = process.hrtime.bigint()
    expect(holds('regex(request.path, "^/(a+)+$b")', long)).toBe(false)
    expect(Number(process.hrtime.bigint() - began) / 1e6).toBeLessThan(500)
  })
})

describe('RATE-09 lists of addresses', () => {
  const list = listed(cidrList(['1.2.3.4/32', '10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '::ffff:192.0.2.0/120']))

  test.each([
    ['1.2.3.4', true],
    ['::ffff:1.2.3.4', true],
    ['1.2.3.5', false],
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['9.255.255.255', false],
    ['2001:db8:ffff::1', true],
    ['2001:db9::', false],
    ['192.0.2.7', true],
    ['192.0.3.7', false],
    ['', false],
    ['nonsense', false],
  ])('%s: %s', (address, expected) => {
    expect(list.holds(address)).toBe(expected)
  })

  test('a hundred thousand ranges answer as a walk over them would', () => {
    const ranges = Array.from({ length: 100_000 }, (_, n) => `${1 + (n % 200)}.${(n * 7) % 256}.${(n * 13) % 256}.0/${24 + (n % 8)}`)
    const many = listed(cidrList(ranges))
    const naive = new Set(ranges.filter((range) => range.endsWith('/24')).map((range) => range.replace(/\.0\/24$/, '')))
    for (let n = 0; n < 2000; n += 1) {
      const net = `${1 + (n % 220)}.${(n * 31) % 256}.${(n * 17) % 256}`
      if (naive.has(net)) expect(many.holds(`${net}.200`)).toBe(true)
    }
    const began = process.hrtime.bigint()
    for (let n = 0; n < 10_000; n += 1) many.holds('150.20.30.40')
    expect(Number(process.hrtime.bigint() - began) / 10_000).toBeLessThan(50_000)
  })
})

test.each([
  ['/.env', true],
  ['/.env.local', true],
  ['/.environment/x', false],
  ['/.git/config', true],
  ['/.git', false],
  ['/index.php', true],
  ['/a/b/c.php', true],
  ['/a.php/b', false],
])('the path %s is on a list of globs: %s', (path, expected) => {
  expect(holds('request.path in lists.scans', subjectOf({ path }))).toBe(expected)
})
