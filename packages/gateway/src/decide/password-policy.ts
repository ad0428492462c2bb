import { accountKey } from './account-name.ts'

export type PasswordVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: PasswordRefusal; readonly why: string }

export type PasswordRefusal = 'password_too_short' | 'password_too_long' | 'password_unreadable' | 'password_blocklisted'

export interface PasswordContext {
  /** A second factor is enforced for this account: the password may be shorter. */
  readonly secondFactor: boolean
  /** Words that an attacker tries first here: the account's name, the site's host and name. */
  readonly ownWords: readonly string[]
  /** Is this folded password among those that everybody knows? */
  readonly isCommon: (folded: string) => boolean
}

/** May this be somebody's new password? Length and blocklist, nothing else: no rules about kinds of characters (NIST SP 800-63B-4 §3.1.1.2). */
export function judgePassword(password: string, context: PasswordContext): PasswordVerdict {
  const plain = password.normalize('NFC')
  const length = Array.from(plain).length
  const least = leastLength(context.secondFactor)
  if (length < least)
    return refused('password_too_short', `Use at least ${String(least)} characters. A few words in a row are easy to remember.`)
  if (length > MOST || utf8Length(plain) > MOST_BYTES) return refused('password_too_long', `Use at most ${String(MOST)} characters.`)
  // A lone surrogate becomes U+FFFD in UTF-8: two passwords would be one.
  if (!plain.isWellFormed()) return refused('password_unreadable', 'The password holds a character that cannot be written down.')
  return judgeGuessable(foldPassword(plain), context)
}

/** NIST SP 800-63B-4 §3.1.1.2 (1): 15 when the password is the only factor, 8 when it is not. */
const LEAST_ALONE = 15
const LEAST_WITH_SECOND_FACTOR = 8
/** Code points; the standard asks for 64 at least. */
export const MOST = 256
const MOST_BYTES = 4096

export function leastLength(secondFactor: boolean): number {
  return secondFactor ? LEAST_WITH_SECOND_FACTOR : LEAST_ALONE
}

/** How passwords are compared with lists: the whole password, without regard to case and width. */
export function foldPassword(password: string): string {
  return password.normalize('NFKC').toLowerCase()
}

function judgeGuessable(folded: string, { ownWords, isCommon }: PasswordContext): PasswordVerdict {
  // `passwordpassword` is `password`: guessers repeat words to reach a length.
  const unit = period(folded)
  if (Array.from(unit).length === 1) return refused('password_blocklisted', 'This is one character over and over.')
  if (isRow(folded)) return refused('password_blocklisted', 'These characters follow one another in the alphabet or on the number keys.')
  if (isCommon(folded) || isCommon(unit)) return refused('password_blocklisted', 'This is one of the passwords that everybody tries first.')
  const own = ownWords.map(accountKey).filter((word) => word !== '')
  if (own.some((word) => word === folded || word === unit)) {
    return refused('password_blocklisted', 'This is the name of the account or of this website.')
  }
  return { kind: 'accepted' }
}

/** The shortest text that, repeated, makes the whole. */
function period(text: string): string {
  const found = (text + text).indexOf(text, 1)
  return found > 0 && found < text.length ? text.slice(0, found) : text
}

/** `abcdefghijklmno`, `987654321098765`: each character is the next one, upwards or downwards, 9 and 0 being neighbours. */
function isRow(text: string): boolean {
  const codes = Array.from(text).map((character) => character.codePointAt(0) ?? 0)
  const follows = (step: 1 | -1): boolean =>
    codes.every((code, at) => {
      const before = codes[at - 1]
      return before === undefined || code === before + step || code === before - 9 * step
    })
  return follows(1) || follows(-1)
}

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

function refused(code: PasswordRefusal, why: string): PasswordVerdict {
  return { kind: 'refused', code, why }
}
