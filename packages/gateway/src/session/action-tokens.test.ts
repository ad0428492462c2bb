import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeApi, makeHead, makeRoute, makeSession } from '../../test/fixtures.ts'
import type { Visitor } from '../decide/session.ts'
import { memoryNonces } from '../store/memory/nonces.ts'
import { createActionTokens } from './action-tokens.ts'

const HOUR = 3_600_000
const AT = 494_444 * HOUR
const tokens = createActionTokens({
  key: createSecretKey(randomBytes(32)),
  random: randomBytes,
  nonces: memoryNonces(10),
  tickMs: () => HOUR,
})
const lines = { session: makeRoute(makeApi(), 'POST /orders'), once: makeRoute(makeApi(), 'POST /orders') }
const call = { method: 'POST', path: '/api/shop/orders', query: '' }
const bodyHash = 'a'.repeat(43)
const known = { kind: 'known', session: makeSession(), roles: [], touch: false } as const

const routeOf = (use: 'session' | 'once') => ({ ...lines[use], actionToken: use })
const prove = (use: 'session' | 'once', value: string, at = AT, visitor: Visitor = known) =>
  tokens.prove(makeHead({ ...call, at, headers: { 'cloakroom-action': value } }), routeOf(use), visitor)
const mint = (use: 'session' | 'once') => tokens.mint({ route: routeOf(use), bodyHash, ...call }, known, AT)?.value ?? ''

test('NONCE-5 ten thousand guesses of 256 bits are refused', () => {
  const guesses = Array.from({ length: 10_000 }, () => prove('session', `s.${randomBytes(32).toString('base64url')}`))
  expect(new Set(guesses)).toEqual(new Set(['refused']))
})

test.each(['session', 'once'] as const)('a token for %s use with any one letter changed is refused', (use) => {
  const value = mint(use)
  expect(prove(use, value)).toBe('good')
  for (let at = 0; at < value.length; at += 1) {
    const other = value[at] === 'A' ? 'B' : 'A'
    // The last letter of base64url has spellings for the same bytes: only the one that was sent is good.
    expect(prove(use, value.slice(0, at) + other + value.slice(at + 1)), `letter ${at}`).toBe('refused')
  }
})

test('a token of the one kind is none of the other', () => {
  expect(prove('once', mint('session'))).toBe('refused')
  expect(prove('session', mint('once'))).toBe('refused')
})

test('a stranger can have none and show none', () => {
  const stranger: Visitor = { kind: 'stranger', stale: null, expired: null }
  expect(tokens.mint({ route: routeOf('session'), bodyHash, ...call }, stranger, AT)).toBeNull()
  expect(prove('session', mint('session'), AT, stranger)).toBe('refused')
})

test('CSRF-09 a clock that jumped back a tick makes no token of the future good', () => {
  expect(prove('session', mint('session'), AT - 1)).toBe('refused')
})
