import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signatureBase } from '../src/base/base.ts'
import { component, type Component } from '../src/base/component.ts'
import { requestTo, splitTarget, type FieldLine, type Message, type RequestMessage } from '../src/index.ts'

function valueOf(message: Message, wanted: string | Component, types = {}): string {
  const each = typeof wanted === 'string' ? component(wanted) : wanted
  const base = signatureBase(message, [each], new Map(), types)
  if (!base.ok) return base.problem
  return base.value.text.split('\n')[0]!.slice(each.identifier.length + 2)
}

function withFields(...fields: readonly FieldLine[]): RequestMessage {
  return requestTo('https://www.example.com/xyz', 'GET', fields)
}

describe('values of fields (RFC 9421 §2.1)', () => {
  const message = withFields(
    ['Host', 'www.example.com'],
    ['X-OWS-Header', '  Leading and trailing whitespace.   '],
    ['X-Obs-Fold-Header', 'Obsolete\r\n    line folding.'],
    ['Cache-Control', 'max-age=60'],
    ['Example-Dict', ' a=1,    b=2;x=1;y=2,   c=(a   b   c)  '],
    ['X-Empty-Header', ''],
    ['Cache-Control', '   must-revalidate'],
    ['Example-Dict', 'd'],
  )
  it.each([
    ['host', 'www.example.com'],
    ['x-ows-header', 'Leading and trailing whitespace.'],
    ['x-obs-fold-header', 'Obsolete line folding.'],
    ['cache-control', 'max-age=60, must-revalidate'],
    ['example-dict', 'a=1,    b=2;x=1;y=2,   c=(a   b   c), d'],
    ['x-empty-header', ''],
    ['absent', 'missing_component'],
  ])('UPV-11 %s: %s', (name, expected) => {
    expect(valueOf(message, name)).toBe(expected)
  })

  it.each([
    ['a', '1'],
    ['b', '2;x=1;y=2'],
    ['c', '(a b c)'],
    ['d', '?1'],
    ['e', 'missing_component'],
  ])('a dictionary member, ;key="%s": %s (§2.1.2)', (key, expected) => {
    expect(valueOf(message, component('example-dict', { key }))).toBe(expected)
  })

  it(';sf writes a field again, when its type is known (§2.1.1)', () => {
    expect(valueOf(message, component('example-dict', { sf: true }), { 'example-dict': 'dictionary' })).toBe(
      'a=1, b=2;x=1;y=2, c=(a b c), d',
    )
    expect(valueOf(message, component('example-dict', { sf: true }))).toBe('malformed_component')
    expect(valueOf(withFields(['N', ' 7; a']), component('n', { sf: true }), { n: 'item' })).toBe('7;a')
    expect(valueOf(withFields(['L', 'a,(b  c)']), component('l', { sf: true }), { l: 'list' })).toBe('a, (b c)')
  })

  it(';bs keeps two lines apart from one line with commas (§2.1.3)', () => {
    const two = withFields(['Example-Header', 'value, with, lots'], ['Example-Header', 'of, commas'])
    const one = withFields(['Example-Header', 'value, with, lots, of, commas'])
    expect(valueOf(two, component('example-header', { bs: true }))).toBe(':dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:')
    expect(valueOf(one, component('example-header', { bs: true }))).toBe(':dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:')
    expect(valueOf(two, 'example-header')).toBe(valueOf(one, 'example-header'))
  })

  it(';tr takes trailers, and trailers only (§2.1.4)', () => {
    const trailing: RequestMessage = { ...withFields(['Expires', 'head']), trailers: [['Expires', 'trailer']] }
    expect(valueOf(trailing, component('expires', { tr: true }))).toBe('trailer')
    expect(valueOf(trailing, 'expires')).toBe('head')
  })

  it('a line break or a character outside ASCII has no place in a base (§2.5)', () => {
    for (const value of ['a\nb', 'a\rb', 'a\0b', 'caf\u00e9', 'a\r\n"@method": GET']) {
      expect(valueOf(withFields(['X', value]), 'x')).toBe('malformed_component')
    }
    expect(valueOf(withFields(['X', 'caf\u00e9']), component('x', { bs: true }))).toBe(':Y2Fm6Q==:')
  })
})

describe('derived values (RFC 9421 §2.2)', () => {
  const at = (url: string, method = 'GET') => requestTo(url, method)

  it.each([
    ['@authority', 'https://WWW.Example.com:443/x', 'www.example.com'],
    ['@authority', 'http://www.example.com:80/x', 'www.example.com'],
    ['@authority', 'https://www.example.com:8443/x', 'www.example.com:8443'],
    ['@scheme', 'HTTPS://www.example.com/', 'https'],
    ['@path', 'https://www.example.com', '/'],
    ['@path', 'https://www.example.com/a%2Fb//c', '/a%2Fb//c'],
    ['@query', 'https://www.example.com/path', '?'],
    ['@query', 'https://www.example.com/path?', '?'],
    ['@query', 'https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman', '?param=value&foo=bar&baz=bat%2Dman'],
    ['@query', 'https://www.example.com/path?queryString', '?queryString'],
    ['@request-target', 'https://www.example.com/path?param=value', '/path?param=value'],
    ['@request-target', 'https://www.example.com/path', '/path'],
    ['@target-uri', 'https://www.example.com/path?param=value', 'https://www.example.com/path?param=value'],
    ['@status', 'https://www.example.com/', 'missing_component'],
  ])('%s of %s: %s', (name, url, expected) => {
    expect(valueOf(at(url), name)).toBe(expected)
  })

  // The examples of §2.2.8.
  it.each([
    ['var', 'this%20is%20a%20big%0Amultiline%20value'],
    ['bar', 'with%20plus%20whitespace'],
    ['fa%C3%A7ade%22%3A%20', 'something'],
    ['twice', 'missing_component'],
    ['absent', 'missing_component'],
  ])('@query-param %s: %s', (name, expected) => {
    const url =
      'https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&twice=1&twice=2'
    expect(valueOf(at(url), component('@query-param', { name }))).toBe(expected)
  })

  it('behind a TLS terminator the scheme is not known and cannot be signed', () => {
    const message: RequestMessage = { ...at('https://www.example.com/'), scheme: null }
    expect([valueOf(message, '@scheme'), valueOf(message, '@target-uri')]).toEqual(['missing_component', 'missing_component'])
  })

  it('a response has a status, and with ;req what its request had (§2.4)', () => {
    const request = at('https://example.com/foo', 'POST')
    const response: Message = { kind: 'response', status: 503, fields: [['content-type', 'a/b']], request }
    expect(valueOf(response, '@status')).toBe('503')
    expect(valueOf(response, '@method')).toBe('missing_component')
    expect(valueOf(response, component('@method', { req: true }))).toBe('POST')
    expect(valueOf({ ...response, request: null }, component('@method', { req: true }))).toBe('missing_component')
  })
})

describe('request targets', () => {
  it.each([
    ['/a?b=c', { path: '/a', query: 'b=c' }],
    ['/a?b?c', { path: '/a', query: 'b?c' }],
    ['/?', { path: '/', query: '' }],
    ['//evil.test/a', { path: '//evil.test/a', query: null }],
    ['http://evil.test/a', null],
    ['*', null],
    ['evil.test:443', null],
    ['/a#b', null],
    ['', null],
  ])('%s', (target, expected) => {
    expect(splitTarget(target)).toEqual(expected)
  })

  it('nothing is lost when a target is split', () => {
    const target = fc.string({ unit: fc.constantFrom('a', 'b', '/', '?', '&', '=', '%2F', '.', ';') }).map((rest) => `/${rest}`)
    fc.assert(
      fc.property(target, (whole) => {
        const parts = splitTarget(whole)!
        return (parts.query === null ? parts.path : `${parts.path}?${parts.query}`) === whole
      }),
      { seed: 9421 },
    )
  })
})

describe('two different messages never have one base', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', ':', '"', '\t', ';', '=') })
  it('for every pair of covered values', () => {
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        const base = (x: string, y: string) => signatureBase(withFields(['X', x], ['Y', y]), [component('x'), component('y')], new Map())
        const [left, right] = [base(a, b), base(c, d)]
        const trimmed = (value: string) => value.replace(/^[ \t]+|[ \t]+$/g, '')
        const same = trimmed(a) === trimmed(c) && trimmed(b) === trimmed(d)
        return left.ok && right.ok && (left.value.text === right.value.text) === same
      }),
      { seed: 9421, numRuns: 500 },
    )
  })
})
