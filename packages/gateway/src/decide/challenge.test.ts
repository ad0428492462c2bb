import { expect, test } from 'vitest'
import { makeHead, makePolicy } from '../../test/fixtures.ts'
import { challengeForm, isCleared } from './challenge.ts'

const policy = makePolicy()
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' }
const FORM = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin', origin: 'https://shop.example' }

test.each([
  ['a script of ours', makeHead(), { kind: 'problem' }],
  ['a program that says nothing of itself', makeHead({ headers: {} }), { kind: 'problem' }],
  ['a person who opens a page', makeHead({ path: '/a', query: 'b=1', headers: NAVIGATION }), { kind: 'page', next: '/a?b=1' }],
  ['a form of ours', makeHead({ method: 'POST', path: '/auth/login', headers: FORM }), { kind: 'page', next: '/auth/login' }],
  ['a form of the website', makeHead({ method: 'POST', path: '/api/shop/orders', headers: FORM }), null],
  ['a WebSocket', makeHead({ method: 'WS' }), null],
  ['a page of another origin', makeHead({ headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' } }), null],
])('%s is challenged in the form that it can answer, or not at all', (_who, head, form) =>
  expect(challengeForm(head, policy)).toEqual(form),
)

test('what was cleared counts for its route, up to its difficulty, until it is over', () => {
  const cleared = [{ route: 'a', difficulty: 'medium', until: 100 }] as const
  expect(isCleared(cleared, 'a', 'easy', 99)).toBe(true)
  expect(isCleared(cleared, 'a', 'medium', 99)).toBe(true)
  expect(isCleared(cleared, 'a', 'hard', 99)).toBe(false)
  expect(isCleared(cleared, 'b', 'easy', 99)).toBe(false)
  expect(isCleared(cleared, 'a', 'easy', 100)).toBe(false)
})
