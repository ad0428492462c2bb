import { assert, constantFrom, array, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextPath } from './next.ts'

const ORIGIN = 'https://shop.example'

describe('where to go after signing in', () => {
  test.each([
    ['/', '/'],
    ['/orders', '/orders'],
    ['/orders/17?tab=items&sort=-date', '/orders/17?tab=items&sort=-date'],
    ['/search?q=a%20b%26c', '/search?q=a%20b%26c'],
    ['/orders?back=https://elsewhere.example/', '/orders?back=https://elsewhere.example/'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/orders#items', '/orders'],
    ['/authors', '/authors'],
    ['/auth/password', '/auth/password'],
  ])('PWD-18 the own path %s is kept', (wanted, landed) => {
    expect(nextPath(wanted, '/auth', ['/auth/password'])).toBe(landed)
  })

  test.each([
    null,
    '',
    'orders',
    '.',
    '..',
    '?x',
    '#x',
    '/auth',
    '/auth/login',
    '/auth/login?next=/auth/login',
    '/auth/logout',
    '/%61uth/login',
    `/${'a'.repeat(3000)}`,
  ])('PWD-18 %s leads to the start page', (wanted) => {
    expect(nextPath(wanted, '/auth', ['/auth/password'])).toBe('/')
  })

  test('PWD-18 whatever text comes, a browser that follows the answer stays on the own origin and out of the login page', () => {
    const piece = constantFrom(
      '/',
      '\\',
      '//',
      '.',
      '..',
      '%2f',
      '%5c',
      '%2e',
      '%09',
      '%0d%0a',
      '\t',
      '\n',
      '\r',
      ' ',
      '\u0000',
      '@',
      ':',
      'http:',
      'https:',
      'javascript:',
      'evil.example',
      '?',
      '#',
      ';',
      '&',
      '=',
      '%',
      '%25',
      'a',
      'auth',
      'login',
      '\u3002',
      '\uff0f',
      '\u2028',
      '[::1]',
      '"',
      '<',
      '`',
    )
    assert(
      property(array(piece, { maxLength: 8 }), string({ maxLength: 4 }), (pieces, tail) => {
        for (const wanted of [pieces.join(''), `/${pieces.join('')}${tail}`]) {
          const landed = nextPath(wanted, '/auth')
          const url = new URL(landed, `${ORIGIN}/auth/login`)
          expect(url.origin).toBe(ORIGIN)
          expect(url.username).toBe('')
          expect(landed.startsWith('/')).toBe(true)
          expect(url.pathname === '/auth' || url.pathname.startsWith('/auth/')).toBe(false)
          expect(landed).toMatch(/^[\x21-\x7e]+$/)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
