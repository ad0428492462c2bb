import { describe, expect, test } from 'vitest'
import { judgePassword, type PasswordContext } from './password-policy.ts'

const COMMON = new Set(['password', '123456789987654321', 'letmein', 'qwertyuiop12345', 'sunshine'])
const CONTEXT: PasswordContext = {
  secondFactor: false,
  ownWords: ['Ada Lovelace 1815', 'longshopname.example', ''],
  isCommon: (folded) => COMMON.has(folded),
}

function code(password: string, change: Partial<PasswordContext> = {}): string {
  const verdict = judgePassword(password, { ...CONTEXT, ...change })
  return verdict.kind === 'refused' ? verdict.code : 'accepted'
}

describe('what may be a password', () => {
  test.each([
    ['14 characters alone', 'violet crayons', false, 'password_too_short'],
    ['15 characters alone', 'violet crayons!', false, 'accepted'],
    ['7 characters with a second factor', 'violets', true, 'password_too_short'],
    ['8 characters with a second factor', 'violet c', true, 'accepted'],
    ['none', '', true, 'password_too_short'],
  ])('PWD-01 %s: %s', (_what, password, secondFactor, verdict) => {
    expect(code(password, { secondFactor })).toBe(verdict)
  })

  test.each([
    ['64 characters', 'violet '.repeat(10).slice(0, 64), 'accepted'],
    ['256 characters', `${'violet '.repeat(40).slice(0, 255)}x`, 'accepted'],
    ['257 characters', `${'violet '.repeat(40).slice(0, 256)}x`, 'password_too_long'],
    ['256 characters of four bytes', `${'\u{1F600}\u{1F601}'.repeat(127)}\u{1F600}\u{1F602}`, 'accepted'],
  ])('PWD-02 %s are judged whole, never cut', (_what, password, verdict) => {
    expect(code(password)).toBe(verdict)
  })

  test.each([
    ['lower case only', 'violetcrayonsandpaper'],
    ['digits only', '840275918264037'],
    ['spaces', 'a b c d e f g h i j'],
    ['one letter and another', 'aaaaaaaaaaaaaab'],
    ['Greek', 'ένα μεγάλο μυστικό'],
    [
      'emoji',
      '\u{1F600}\u{1F601}\u{1F602}\u{1F603}\u{1F604}\u{1F605}\u{1F606}\u{1F607}\u{1F608}\u{1F609}\u{1F60A}\u{1F60B}\u{1F60C}\u{1F60D}\u{1F60F}',
    ],
  ])('PWD-03 no kind of character is demanded or refused: %s', (_what, password) => {
    expect(code(password)).toBe('accepted')
  })

  test('PWD-03 length is counted in characters, composed', () => {
    // 14 letters, each of two code points until they are composed.
    expect(code('o\u0308'.repeat(7) + 'a\u0308'.repeat(7))).toBe('password_too_short')
    expect(code('\u{1F600}\u{1F601}'.repeat(7))).toBe('password_too_short')
  })

  test('PWD-03 what has no form in UTF-8 is refused rather than changed', () => {
    expect(code(`violet crayons \ud800 paper`)).toBe('password_unreadable')
  })

  test.each([
    ['a common one', '123456789987654321'],
    ['a common one in capitals', 'QWERTYUIOP12345'],
    ['a common one in full-width letters', 'ｑｗｅｒｔｙｕｉｏｐ１２３４５'],
    ['a common one twice', 'passwordpassword'],
    ['a common one three times', 'LetMeInLetMeInLetMeIn'],
    ['one character', 'xxxxxxxxxxxxxxxxx'],
    ['the digits in a row', '123456789012345'],
    ['the digits backwards', '987654321098765'],
    ['the alphabet', 'abcdefghijklmnop'],
    ['the name of the account', 'ada lovelace 1815'],
    ['the name of the host', 'LongShopName.example'],
    ['the name of the host twice', 'longshopname.examplelongshopname.example'],
  ])('PWD-04 %s is refused', (_what, password) => {
    expect(code(password)).toBe('password_blocklisted')
  })

  test('PWD-04 the whole password is compared: one that only holds a common one is fine', () => {
    expect(code('password of violets')).toBe('accepted')
    expect(code('my sunshine crayons')).toBe('accepted')
  })

  test('PWD-04 each refusal gives its reason', () => {
    for (const password of ['short', 'x'.repeat(300), '\ud800'.repeat(15), 'passwordpassword', 'aaaaaaaaaaaaaaa', 'ada lovelace 1815']) {
      const verdict = judgePassword(password, CONTEXT)
      expect(verdict.kind === 'refused' && verdict.why.length > 20, password).toBe(true)
    }
  })
})
