import { describe, expect, test } from 'vitest'
import { isFresh, provenAt, withFactor } from './freshness.ts'
import type { Factor } from './session.ts'
import { SKEW_MS } from './session.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const AT = 1_700_000_000_000
const session = (...factors: readonly Factor[]) => ({ factors })

describe('how old the last proof is', () => {
  test.each([
    ['just now', AT, true],
    ['a moment before the limit', AT - 5 * MINUTE + 1, true],
    ['exactly as old as the limit', AT - 5 * MINUTE, false],
    ['older', AT - HOUR, false],
    ['a little ahead, as another gateway’s clock may be', AT + SKEW_MS, true],
    ['from the future', AT + SKEW_MS + 1, false],
    ['not a number', Number.NaN, false],
  ])('%s', (_what, at, expected) => expect(isFresh(session({ kind: 'password', at }), 5 * MINUTE, AT)).toBe(expected))

  test('a session without any proof is never fresh', () => expect(isFresh(session(), 5 * MINUTE, AT)).toBe(false))

  test('SES-21 a fresh password does not make an old second factor young', () => {
    const both = session({ kind: 'totp', at: AT - HOUR }, { kind: 'password', at: AT })
    expect(provenAt(both)).toBe(AT - HOUR)
    expect(isFresh(both, 5 * MINUTE, AT)).toBe(false)
    expect(isFresh(session({ kind: 'totp', at: AT }, { kind: 'password', at: AT - HOUR }), 5 * MINUTE, AT)).toBe(true)
  })

  test('of each kind the latest proof is kept', () => {
    const before: readonly Factor[] = [
      { kind: 'password', at: 1 },
      { kind: 'totp', at: 2 },
    ]
    expect(withFactor(before, { kind: 'password', at: 9 })).toEqual([
      { kind: 'totp', at: 2 },
      { kind: 'password', at: 9 },
    ])
  })
})
