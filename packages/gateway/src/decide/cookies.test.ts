import { expect, test } from 'vitest'
import { isOwnCookieName, readCookie, SESSION_COOKIE, VISIT_COOKIE } from './cookies.ts'
import { headersOf } from './headers.ts'

const read = (...lines: readonly string[]) => readCookie(headersOf(lines.map((line) => ['Cookie', line])), SESSION_COOKIE)

test('COO-06 the session cookie’s name begins with __Host-Http-, which no script and no sibling host can set', () => {
  for (const name of [SESSION_COOKIE, VISIT_COOKIE]) expect(name).toMatch(/^__Host-Http-/)
})

test.each([
  [`${SESSION_COOKIE}=abc`, { kind: 'one', value: 'abc' }],
  [`theme=dark; ${SESSION_COOKIE}=abc; lang=de`, { kind: 'one', value: 'abc' }],
  [`theme=dark;${SESSION_COOKIE}=a=b==`, { kind: 'one', value: 'a=b==' }],
  [`\t${SESSION_COOKIE} =\tabc `, { kind: 'one', value: 'abc' }],
  [`${SESSION_COOKIE}=`, { kind: 'one', value: '' }],
  ['', { kind: 'absent' }],
  [SESSION_COOKIE, { kind: 'absent' }],
  [`x${SESSION_COOKIE}=abc`, { kind: 'absent' }],
  [`${SESSION_COOKIE}x=abc`, { kind: 'absent' }],
  [`theme=${SESSION_COOKIE}=abc`, { kind: 'absent' }],
  [`${SESSION_COOKIE.toLowerCase()}=abc`, { kind: 'absent' }],
  [`"${SESSION_COOKIE}"=abc`, { kind: 'absent' }],
])('the cookie field %j holds %j', (line, expected) => {
  expect(read(line)).toEqual(expected)
})

test('no cookie field at all holds no session', () => {
  expect(readCookie(headersOf([]), SESSION_COOKIE)).toEqual({ kind: 'absent' })
})

test.each([
  [`${SESSION_COOKIE}=a; ${SESSION_COOKIE}=b`],
  [`${SESSION_COOKIE}=a; ${SESSION_COOKIE}=a`],
  [`${SESSION_COOKIE}=; ${SESSION_COOKIE}=b`],
  [`${SESSION_COOKIE}=a; x=1; \t${SESSION_COOKIE}=b; y=2; ${SESSION_COOKIE}=c`],
])('COO-12 a session cookie that comes twice is not believed: %j', (line) => {
  expect(read(line)).toEqual({ kind: 'many' })
})

test('COO-12 twice is twice, on two lines as well as on one', () => {
  expect(read(`${SESSION_COOKIE}=a`, `${SESSION_COOKIE}=b`)).toEqual({ kind: 'many' })
  expect(read(`${SESSION_COOKIE}=a`, 'theme=dark')).toEqual({ kind: 'one', value: 'a' })
})

test.each([
  ['__Host-Http-session', true],
  ['__host-http-SESSION', true],
  [' __Host-x', true],
  ['\u00a0__Host-x', true],
  ['__Secure-x', true],
  ['__Http-x', true],
  ['cart', false],
  ['x__Host-y', false],
])('a cookie that an upstream names %j is one of ours: %s', (name, expected) => {
  expect(isOwnCookieName(name)).toBe(expected)
})
