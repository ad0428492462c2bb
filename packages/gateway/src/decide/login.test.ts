import { describe, expect, test } from 'vitest'
import { advanceLogin, LOCK_AFTER, LOGIN_START, type LoginStanding, type Proof, reachesLock } from './login.ts'

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

  test('PWD-10 the password is closed at 50 failures in a row, half of what NIST allows', () => {
    expect(LOCK_AFTER).toBeLessThanOrEqual(100)
    expect([49, 50, 51].map(reachesLock)).toEqual([false, true, true])
  })
})
