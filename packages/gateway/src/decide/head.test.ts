import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalTarget, isNavigation, type RequestHead } from './head.ts'
import { headersOf } from './headers.ts'

describe('HTTP-03 a target that two servers could read in two ways is refused', () => {
  const refused = [
    '',
    '*',
    'api/x',
    'http://evil.example/x',
    '//evil.example/x',
    '/api//x',
    '/api/../x',
    '/api/..',
    '/api/.',
    '/./api',
    '/api/%2e%2e/x',
    '/api/%2E%2e',
    '/api/.%2e/x',
    '/api/%252e%252e/x',
    '/api/..;/x',
    '/api/x;a=b',
    '/api/x%3Ba',
    '/api/%2Fx',
    '/api/%2fx',
    '/api/%5cx',
    '/api\\..\\x',
    '/api/%00',
    '/api/%0d%0ax',
    '/api/%7f',
    '/api/%',
    '/api/%2',
    '/api/%zz',
    '/api/x y',
    '/api/é',
    '/api/x#y',
    '/api/x?y#z',
    '/api/"x"',
    '/api/<x>',
    '/api/{x}',
    '/api/x\u0000',
    '/api/^',
    '/api/%25',
  ]
  test.each(refused)('%j', (raw) => expect(canonicalTarget(raw).kind).toBe('refused'))
})

describe('HTTP-03 an encoded slash passes where the owner of the route says so, and brings nothing else along', () => {
  const asked: string[] = []
  const read = (raw: string) =>
    canonicalTarget(raw, (path) => {
      asked.push(path)
      return true
    })
  test.each([
    ['/p/@scope%2fname', '/p/@scope%2Fname'],
    ['/p/@scope%2Fname/x', '/p/@scope%2Fname/x'],
    ['/p/%40a%2fb%2Dc', '/p/%40a%2Fb-c'],
    ['/p/...%2F..a', '/p/...%2F..a'],
  ])('%s → %s', (raw, path) => {
    expect(read(raw)).toMatchObject({ kind: 'target', path })
    expect(asked.at(-1)).toBe(path)
    expect(canonicalTarget(raw).kind).toBe('refused')
  })

  const refused = [
    '/p/a%252fb',
    '/p/a%25252Fb',
    '/p/a%5cb',
    '/p/a%2f%5cb',
    '/p/..%2fb',
    '/p/a%2f..',
    '/p/a%2f../b',
    '/p/a%2f%2e%2e',
    '/p/%2e%2e%2fb',
    '/p/.%2fb',
    '/p/a%2f.',
    '/p/%2fb',
    '/p/a%2f',
    '/p/a%2f/b',
    '/p/a%2f%2fb',
    '/%2fevil.example/p',
    '/p/a%c0%afb%2fc',
    '/p/a%2fb;c',
    '/p/a%2fb%3Bc',
    '/p/..;%2fb',
    '/p/a%2fb%00',
  ]
  test.each(refused)('%s is refused before anybody is asked', (raw) => {
    asked.length = 0
    expect([read(raw).kind, asked]).toEqual(['refused', []])
  })
})

describe('HTTP-03 one spelling for every path', () => {
  test.each([
    ['/', '/', ''],
    ['/api/x', '/api/x', ''],
    ['/%61pi/x', '/api/x', ''],
    ['/api/%7Ex%2dy', '/api/~x-y', ''],
    ['/api/caf%c3%a9', '/api/caf%C3%A9', ''],
    ['/api/x?', '/api/x', ''],
    ['/api/x?a=%2F..%2F&b', '/api/x', 'a=%2F..%2F&b'],
    ['/api/x?u=http://y/?z', '/api/x', 'u=http://y/?z'],
    ['/api/...', '/api/...', ''],
    ['/api/@scope:v1/(x)', '/api/@scope:v1/(x)', ''],
  ])('%s → %s', (raw, path, query) => expect(canonicalTarget(raw)).toEqual({ kind: 'target', path, query }))

  test('reading the canonical path again changes nothing, and a WHATWG URL parser sees the same path', () => {
    const piece = fc.constantFrom(
      'a',
      'B',
      '7',
      '-',
      '_',
      '.',
      '~',
      '%41',
      '%7e',
      '%c3%A9',
      '%20',
      '!',
      '@',
      ':',
      '*',
      '/',
      '%2e',
      '..',
      '%2F',
      ';',
      '//',
      '\\',
      '%',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = canonicalTarget(`/${pieces.join('')}`)
        if (found.kind === 'refused') return
        expect(canonicalTarget(found.path)).toEqual({ ...found, query: '' })
        expect(new URL(found.path, 'http://gateway.example').pathname).toBe(found.path)
      }),
      { numRuns: 3000 },
    )
  })
})

test('a navigation is what says so; an old browser is known by the media type that it asks for', () => {
  const head = (fields: Record<string, string>, method = 'GET') => ({ method, headers: headersOf(Object.entries(fields)) }) as RequestHead
  expect(isNavigation(head({ 'sec-fetch-mode': 'navigate' }))).toBe(true)
  expect(isNavigation(head({ 'sec-fetch-mode': 'cors', accept: 'text/html' }))).toBe(false)
  expect(isNavigation(head({ accept: 'text/html,*/*' }))).toBe(true)
  expect(isNavigation(head({ accept: '*/*' }))).toBe(false)
  expect(isNavigation(head({ 'sec-fetch-mode': 'navigate' }, 'POST'))).toBe(false)
})
