import { expect, test } from 'vitest'
import { makeSession } from '../../test/fixtures.ts'
import type { SessionLimits } from './policy.ts'
import { expiries, identify, staleness, TOUCH_MS, type Claim, type RevokeReason, type Session } from './session.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = 1_780_000_000_000
const LIMITS: SessionLimits = { idleMs: 30 * MINUTE, absoluteMs: 12 * HOUR, perAccount: 10, onLimit: 'end-oldest' }

const claimOf = (change: Partial<Session> = {}, generation = 0): Claim => ({
  session: makeSession({ createdAt: START, authenticatedAt: START, seenAt: START, ...change }),
  standing: { generation, roles: ['staff'] },
})
const known = (claim: Claim, at: number, limits = LIMITS) => identify(claim, null, limits, at)

test.each<[string, Partial<Session>, number, RevokeReason | null]>([
  ['SES-07 just before the idle limit', {}, START + 30 * MINUTE - 1, null],
  ['SES-07 at the idle limit', {}, START + 30 * MINUTE, 'idle'],
  ['SES-07 long after the idle limit', {}, START + 90 * MINUTE, 'idle'],
  ['SES-08 busy, just before the absolute limit', { seenAt: START + 12 * HOUR - 1 }, START + 12 * HOUR - 1, null],
  ['SES-08 busy, at the absolute limit', { seenAt: START + 12 * HOUR - 1 }, START + 12 * HOUR, 'absolute'],
  [
    'SES-10 authenticated anew at eleven hours, at twelve',
    { authenticatedAt: START + 11 * HOUR, seenAt: START + 12 * HOUR },
    START + 12 * HOUR,
    null,
  ],
  [
    'SES-10 authenticated anew at eleven hours, at 23',
    { authenticatedAt: START + 11 * HOUR, seenAt: START + 23 * HOUR - 1 },
    START + 23 * HOUR,
    'absolute',
  ],
  ['ended, whatever the clock says', { revoked: { at: START, because: 'logout' } }, START, 'logout'],
  ['ended long ago, and idle by now', { revoked: { at: START, because: 'password-changed' } }, START + 9 * HOUR, 'password-changed'],
  [
    'begun while another gateway’s clock was a little ahead',
    { authenticatedAt: START + 4 * MINUTE, seenAt: START + 4 * MINUTE },
    START,
    null,
  ],
  ['begun before the clock jumped back by a day', { authenticatedAt: START + 24 * HOUR, seenAt: START + 24 * HOUR }, START, 'absolute'],
  ['seen before the clock jumped back by ten minutes', { seenAt: START + 10 * MINUTE }, START, 'absolute'],
])('%s', (_name, change, at, expected) => {
  expect(staleness(claimOf(change), LIMITS, at)).toBe(expected)
})

test('SES-13 a session of an older generation counts no more', () => {
  expect(staleness(claimOf({ generation: 0 }, 1), LIMITS, START)).toBe('ended-by-owner')
  expect(staleness(claimOf({ generation: 1 }, 1), LIMITS, START)).toBeNull()
})

test('a session makes its visitor known, with the roles that the account has now', () => {
  const claim = claimOf()
  expect(known(claim, START)).toEqual({ kind: 'known', session: claim.session, roles: ['staff'], touch: false })
})

test('SES-26 activity is written down once a minute, under short idle limits more often', () => {
  const touches = (ageMs: number, idleMs = LIMITS.idleMs) => {
    const visitor = known(claimOf(), START + ageMs, { ...LIMITS, idleMs })
    return visitor.kind === 'known' && visitor.touch
  }
  expect([touches(0), touches(TOUCH_MS - 1), touches(TOUCH_MS)]).toEqual([false, false, true])
  expect([touches(2_999, 30_000), touches(3_000, 30_000)]).toEqual([false, true])
})

test('SES-26 a visitor who calls all the time is written down at most once a minute and never taken for idle', () => {
  let session = claimOf().session
  let writes = 0
  for (let at = START; at < START + 2 * HOUR; at += 1_000) {
    const visitor = known({ session, standing: { generation: 0, roles: [] } }, at)
    expect(visitor.kind).toBe('known')
    if (visitor.kind !== 'known' || !visitor.touch) continue
    session = { ...session, seenAt: at }
    writes++
  }
  expect(writes).toBe(119)
})

test('a stranger learns why the session counts no more, and time’s work is to be noted once', () => {
  const idle = claimOf()
  expect(known(idle, START + HOUR)).toEqual({ kind: 'stranger', stale: 'idle', expired: idle.session })
  const noted = claimOf({ revoked: { at: START, because: 'idle' } })
  expect(known(noted, START + HOUR)).toEqual({ kind: 'stranger', stale: 'idle', expired: null })
  expect(known(claimOf({ generation: 0 }, 1), START)).toEqual({ kind: 'stranger', stale: 'ended-by-owner', expired: null })
})

test('without a session there is a visit or nobody', () => {
  const visit = { id: 'v', startedAt: START }
  expect(identify(null, visit, LIMITS, START)).toEqual({ kind: 'visitor', visit })
  expect(identify(null, null, LIMITS, START)).toEqual({ kind: 'stranger', stale: null, expired: null })
  expect(identify(claimOf(), visit, LIMITS, START).kind).toBe('known')
  expect(identify(claimOf(), visit, LIMITS, START + HOUR)).toEqual({ kind: 'visitor', visit })
})

test('a page is told the earlier of the two ends', () => {
  const early = claimOf().session
  expect(expiries(early, LIMITS)).toEqual({ absolute: START + 12 * HOUR, idle: START + 30 * MINUTE })
  const late = claimOf({ seenAt: START + 12 * HOUR - MINUTE }).session
  expect(expiries(late, LIMITS)).toEqual({ absolute: START + 12 * HOUR, idle: START + 12 * HOUR })
})
