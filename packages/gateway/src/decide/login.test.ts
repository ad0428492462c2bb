import { describe, expect, test } from 'vitest'
import {
  advanceLogin,
  type Failing,
  isLocked,
  LOCK_AFTER,
  LOCK_FOR_GOOD_AFTER,
  LOCK_MS,
  LOGIN_START,
  type LoginStanding,
  type LoginState,
  type LoginStep,
  type Proof,
  nextLock,
  type ProofKind,
} from './login.ts'

const OPEN: LoginStanding = {
  hasSecondFactor: false,
  needsSecondFactor: false,
  needsNewPassword: false,
  hasMail: false,
  isDisabled: false,
  isPasswordLocked: false,
  isKnownDevice: false,
}
const RIGHT: Proof = { kind: 'password', holds: true }
const WRONG: Proof = { kind: 'password', holds: false }
const password = { kind: 'password', at: 1 } as const
const STATES: Readonly<Record<LoginStep, LoginState>> = {
  identify: LOGIN_START,
  'second-factor': { step: 'second-factor', factors: [password] },
  enrol: { step: 'enrol', factors: [password] },
  'mail-link': { step: 'mail-link', factors: [password] },
  'new-password': { step: 'new-password', factors: [password, { kind: 'totp', at: 2 }] },
}
const STEPS = Object.keys(STATES) as LoginStep[]
/** As a record, so that the compiler names the kind of proof that somebody adds and does not try. */
const EVERY_PROOF: Readonly<Record<ProofKind, true>> = {
  password: true,
  totp: true,
  passkey: true,
  'recovery-code': true,
  oidc: true,
  'enrolled-totp': true,
  'enrolled-passkey': true,
  'new-password': true,
  'mail-link': true,
}
const PROOFS = Object.keys(EVERY_PROOF) as ProofKind[]
/** Written down apart from the source: the pairs that lead on. */
const TABLE: readonly (readonly [LoginStep, ProofKind])[] = [
  ['identify', 'password'],
  ['identify', 'passkey'],
  ['identify', 'oidc'],
  ['identify', 'mail-link'],
  ['second-factor', 'totp'],
  ['second-factor', 'passkey'],
  ['second-factor', 'recovery-code'],
  ['enrol', 'enrolled-totp'],
  ['enrol', 'enrolled-passkey'],
  ['new-password', 'new-password'],
]
const EVERY = { ...OPEN, hasSecondFactor: true, needsSecondFactor: true, needsNewPassword: true }

describe('the steps of a login', () => {
  const pairs = STEPS.flatMap((step) => PROOFS.map((kind) => [step, kind] as const))
  test.each(pairs)('at %s, %s leads on only where the table has it', (step, kind) => {
    const isListed = TABLE.some(([at, proof]) => at === step && proof === kind)
    for (const standing of [OPEN, EVERY, { ...OPEN, hasSecondFactor: true }, { ...OPEN, needsSecondFactor: true }]) {
      const move = advanceLogin(STATES[step], { kind, holds: true }, standing, 7)
      if (isListed) expect(move.kind).not.toBe('refusal')
      else expect(move).toEqual({ kind: 'refusal', why: 'out-of-order' })
    }
  })

  test.each(TABLE)('at %s, a %s that does not hold, of nobody, or of a disabled account opens nothing', (step, kind) => {
    expect(advanceLogin(STATES[step], { kind, holds: false }, EVERY, 7)).toEqual({ kind: 'refusal', why: 'wrong' })
    expect(advanceLogin(STATES[step], { kind, holds: true }, null, 7)).toEqual({ kind: 'refusal', why: 'unknown' })
    expect(advanceLogin(STATES[step], { kind, holds: true }, { ...EVERY, isDisabled: true }, 7)).toEqual({
      kind: 'refusal',
      why: 'disabled',
    })
  })

  test('a right password is enough where nothing else is demanded', () => {
    expect(advanceLogin(LOGIN_START, RIGHT, OPEN, 7)).toEqual({ kind: 'grant', factors: [{ kind: 'password', at: 7 }] })
  })

  test.each([
    ['a second factor', { hasSecondFactor: true }, 'second-factor'],
    ['a second factor although the owner demands none', { hasSecondFactor: true, needsSecondFactor: false }, 'second-factor'],
    ['none, but must have one', { needsSecondFactor: true }, 'enrol'],
    ['none, and must set a new password', { needsNewPassword: true }, 'new-password'],
    ['none, must have one and set a new password', { needsSecondFactor: true, needsNewPassword: true }, 'enrol'],
    ['a second factor, and must set a new password', { hasSecondFactor: true, needsNewPassword: true }, 'second-factor'],
  ] as const)('MFA-01 after the password, an account that has %s goes on to it', (_what, change, step) => {
    const move = advanceLogin(LOGIN_START, RIGHT, { ...OPEN, ...change }, 7)
    expect(move).toEqual({ kind: 'next', state: { step, factors: [{ kind: 'password', at: 7 }] } })
  })

  test('a passkey alone is both factors, and the new password is still asked for', () => {
    const passkey: Proof = { kind: 'passkey', holds: true }
    const standing = { ...OPEN, hasSecondFactor: true, needsSecondFactor: true }
    expect(advanceLogin(LOGIN_START, passkey, standing, 7)).toEqual({ kind: 'grant', factors: [{ kind: 'passkey', at: 7 }] })
    expect(advanceLogin(LOGIN_START, passkey, { ...standing, needsNewPassword: true }, 7)).toMatchObject({
      state: { step: 'new-password' },
    })
  })

  test('MFA-22 a new password comes after the second factor, and then the session begins', () => {
    const after = advanceLogin(STATES['second-factor'], { kind: 'totp', holds: true }, EVERY, 7)
    expect(after).toMatchObject({ kind: 'next', state: { step: 'new-password' } })
    expect(advanceLogin(STATES['new-password'], { kind: 'new-password', holds: true }, EVERY, 9)).toEqual({
      kind: 'grant',
      factors: STATES['new-password'].factors,
    })
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

  test('PWD-10 a passkey opens while the password is locked', () => {
    expect(advanceLogin(LOGIN_START, { kind: 'passkey', holds: true }, { ...OPEN, isPasswordLocked: true }, 7).kind).toBe('grant')
  })

  test('a proof that was given already counts no second time', () => {
    const state: LoginState = { step: 'second-factor', factors: [{ kind: 'passkey', at: 1 }] }
    expect(advanceLogin(state, { kind: 'passkey', holds: true }, OPEN, 7)).toEqual({ kind: 'refusal', why: 'out-of-order' })
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
