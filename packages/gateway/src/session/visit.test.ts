import { generateKeySync, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { cookieOf } from '../../test/session-kit.ts'
import { createVisits } from './visit.ts'

const AT = 1_780_000_000_000
const key = generateKeySync('aes', { length: 256 })
const visitsFor = (lifetimeMs: number) => createVisits({ key, random: randomBytes, lifetimeMs: () => lifetimeMs })
const visits = visitsFor(3_600_000)

test('a visit opens for as long as it lasts, whatever the browser does with the cookie', () => {
  const { visit, setCookie } = visits.start(AT)
  const cookie = cookieOf(setCookie)
  expect(visits.open(cookie, AT)).toEqual(visit)
  expect(visits.open(cookie, AT + 3_599_999)).toEqual(visit)
  expect(visits.open(cookie, AT + 3_600_000)).toBeNull()
})

test('the cookie is one of ours and lasts as long as the visit', () => {
  expect(visits.start(AT).setCookie).toMatch(/^__Host-Http-visit=[A-Za-z0-9_-]+; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
})

test('every visit has a name of its own', () => {
  expect(new Set(Array.from({ length: 1_000 }, () => visits.start(AT).visit.id)).size).toBe(1_000)
})

test('a shorter lifetime also ends visits that have begun; a longer one prolongs none', () => {
  const cookie = cookieOf(visits.start(AT).setCookie)
  expect(visitsFor(60_000).open(cookie, AT + 60_000)).toBeNull()
  expect(visitsFor(24 * 3_600_000).open(cookie, AT + 3_600_000)).toBeNull()
})

test('what is not ours opens nothing', () => {
  const other = createVisits({ key: generateKeySync('aes', { length: 256 }), random: randomBytes, lifetimeMs: () => 3_600_000 })
  for (const cookie of ['', 'x', '{"id":"1","startedAt":1}', cookieOf(other.start(AT).setCookie)])
    expect(visits.open(cookie, AT)).toBeNull()
})

test('SES-09 a clock that jumps back by days prolongs no visit; one a little ahead, as on another gateway, still counts', () => {
  const cookie = cookieOf(visits.start(AT).setCookie)
  expect(visits.open(cookie, AT - 2 * 86_400_000)).toBeNull()
  expect(visits.open(cookie, AT - 60_000)).not.toBeNull()
})
