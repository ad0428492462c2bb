import { expect, test } from 'vitest'
import { SESSION_COOKIE, VISIT_COOKIE } from '../decide/cookies.ts'
import { clearCookie } from '../http/clear-cookie.ts'
import { writeCookie } from './cookie.ts'

const DAY_MS = 86_400_000
const attributesOf = (line: string) => line.split('; ').slice(1)
const session = writeCookie({ name: SESSION_COOKIE, value: 'abc', maxAgeMs: null })

test.each([
  ['COO-01 over TLS only', 'Secure'],
  ['COO-02 to no script', 'HttpOnly'],
  ['COO-03 to no other site’s request', 'SameSite=Strict'],
  ['COO-04 for the whole host', 'Path=/'],
])('the session cookie goes %s', (_name, attribute) => {
  expect(attributesOf(session).filter((each) => each === attribute)).toHaveLength(1)
})

test('COO-05 SES-24 it has no Domain and no age', () => {
  expect(attributesOf(session).toSorted()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure'])
})

test.each([
  ['session'],
  ['__Secure-session'],
  ['__host-http-session'],
  ['__HOST-session'],
  ['__Host-'],
  ['__Host-Http-'],
  ['__Host-a b'],
  ['__Host-a;b'],
  [''],
])('COO-06 a name that breaks the rules of its prefix is refused: %j', (name) => {
  expect(() => writeCookie({ name, value: 'abc', maxAgeMs: null })).toThrow(/^internal/)
})

test('COO-07 a device-bound cookie can have the prefix __Host-, since browsers refuse __Host-Http- for those', () => {
  expect(writeCookie({ name: '__Host-bound', value: 'abc', maxAgeMs: null })).toBe(
    '__Host-bound=abc; Path=/; Secure; HttpOnly; SameSite=Strict',
  )
})

test('COO-08 name and value together are at most 4096 bytes, every attribute at most 1024', () => {
  const room = 4_096 - SESSION_COOKIE.length
  const longest = writeCookie({ name: SESSION_COOKIE, value: 'x'.repeat(room), maxAgeMs: DAY_MS })
  expect(longest.split('; ')[0]).toHaveLength(4_097)
  for (const attribute of attributesOf(longest)) expect(attribute.length).toBeLessThan(1_024)
  expect(() => writeCookie({ name: SESSION_COOKIE, value: 'x'.repeat(room + 1), maxAgeMs: null })).toThrow(/^internal/)
})

test('COO-09 no cookie outlives 400 days', () => {
  const age = (maxAgeMs: number) => writeCookie({ name: VISIT_COOKIE, value: 'x', maxAgeMs }).match(/; Max-Age=(\d+);/)?.[1]
  expect([age(1), age(60_000), age(400 * DAY_MS), age(4_000 * DAY_MS), age(Infinity)]).toEqual([
    '1',
    '60',
    '34560000',
    '34560000',
    '34560000',
  ])
})

test.each([['a;b'], ['a b'], ['a,b'], ['a"b'], ['a\\b'], ['a\r\nSet-Cookie: x=y'], ['a\u0000'], ['é'], ['a; Domain=example.com']])(
  'a value that would end early or begin another line is refused: %j',
  (value) => {
    expect(() => writeCookie({ name: SESSION_COOKIE, value, maxAgeMs: null })).toThrow(/^internal/)
  },
)

test('COO-17 deleting takes the same name and attributes, and Max-Age=0', () => {
  const deleted = clearCookie(SESSION_COOKIE)
  expect(deleted.startsWith(`${SESSION_COOKIE}=;`)).toBe(true)
  expect(attributesOf(deleted).toSorted()).toEqual(['Max-Age=0', ...attributesOf(session)].toSorted())
})
