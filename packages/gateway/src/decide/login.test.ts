import { describe, expect, test } from 'vitest'
import {
  advanceLogin,
  type Failing,
  LOCK_AFTER,
  LOGIN_START,
  type LoginStanding,
  type Proof,
  isLocked,
  LOCK_FOR_GOOD_AFTER,
  LOCK_MS,
  nextLock,
} from './login.ts'

const OPEN: LoginStanding = { demands: ['password'], isDisabled: false, isPasswordLocked: false, isKnownDevice: false }
const RIGHT: Proof = { kind: 'password', holds: true }
const WRONG: Proof = { kind: 'password', holds: false }

describe('the steps of a login', () => {
  test('a right password is enough where nothing else is demanded', () => {
    expect(advanceLogin(LOGIN_START, RIGHT, OPEN, 7)).toEqual({ kind: 'grant', factors: [{ kind: 'password', at: 7 }] })
  })

  test.each([
    ['no account', RIGHT, null, 'unknown'],
    ['no account and a wrong password', WRONG, null, 'unknown'],
    ['a wrong password', WRONG, OPEN, 'wrong'],
    ['a disabled account', RIGHT, { ...OPEN, isDisabled: true }, 'disabled'],
    ['a disabled account on a known device', RIGHT, { ...OPEN, isDisabled: true, isKnownDevice: true }, 'disabled'],
    ['a locked password', RIGHT, { ...OPEN, isPasswordLocked: true }, 'locked'],
    ['a wrong password on a known device of a locked account', WRONG, { ...OPEN, isPasswordLocked: true, isKnownDevice: true }, 'wrong'],
  ] as const)('%s opens nothing', (_what, proof, standing, why) => {
    expect(advanceLogin(LOGIN_START, proof, standing, 7)).toEqual({ kind: 'refusal', why })
  })

  test('PWD-11 a password that strangers have locked still opens on a known device', () => {
    expect(advanceLogin(LOGIN_START, RIGHT, { ...OPEN, isPasswordLocked: true, isKnownDevice: true }, 7).kind).toBe('grant')
  })

  test('a proof that was given already counts no second time', () => {
    const state = { factors: [{ kind: 'password', at: 1 }], awaits: 'password' } as const
    expect(advanceLogin(state, RIGHT, OPEN, 7)).toEqual({ kind: 'refusal', why: 'out-of-order' })
  })

  test('PWD-10 however long somebody guesses, no more than the 100 in a row of NIST are judged', () => {
    let account: Failing = { failures: 0, passwordLockedAt: null }
    let judged = 0
    for (let at = 0; at < 400 * LOCK_MS; at += LOCK_MS / 8) {
      for (let guess = 0; guess < 30; guess += 1) {
        if (isLocked(account, at)) continue
        const failures = account.failures + 1
        judged += 1
        account = { failures, passwordLockedAt: failures >= nextLock(account) ? at : account.passwordLockedAt }
      }
    }
    expect(judged).toBe(100)
    expect(account).toMatchObject({ failures: LOCK_FOR_GOOD_AFTER })
  })

  test.each([
    [0, null, LOCK_AFTER, false],
    [49, null, LOCK_AFTER, false],
    [0, 0, LOCK_AFTER, true],
    [50, 0, 60, true],
    [53, 0, 60, true],
    [60, 0, 70, true],
    [99, 0, 100, true],
    [100, 0, 110, true],
  ])('PWD-10 after %i failures and a lock at %j the next one comes at %i', (failures, passwordLockedAt, next, locked) => {
    const account = { failures, passwordLockedAt }
    expect(nextLock(account)).toBe(next)
    expect(isLocked(account, LOCK_MS - 1)).toBe(locked)
    expect(isLocked(account, LOCK_MS)).toBe(failures >= LOCK_FOR_GOOD_AFTER && locked)
  })

  test('PWD-10 a count that outran its lock, because the process ended between the two, still locks', () => {
    expect(nextLock({ failures: 55, passwordLockedAt: null })).toBe(LOCK_AFTER)
  })
})
