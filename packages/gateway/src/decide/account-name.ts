export type AccountName =
  | { readonly kind: 'name'; readonly name: string; readonly key: string }
  | { readonly kind: 'refused'; readonly why: string }

/** Reads a new account's name: 1 to 64 code points, no control or invisible characters, no spaces at its ends. */
export function readAccountName(raw: string): AccountName {
  const name = raw.normalize('NFC')
  const length = Array.from(name).length
  if (length === 0) return refused('The name is empty.')
  if (length > LONGEST) return refused(`The name is longer than ${String(LONGEST)} characters.`)
  // Invisible and direction-changing characters make two names look alike in a list; a lone surrogate has no UTF-8.
  if (/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(name)) return refused('The name holds a control or invisible character.')
  if (name !== name.trim()) return refused('The name begins or ends with a space.')
  return { kind: 'name', name, key: accountKey(name) }
}

/** Two names with one key are one account: NFKC, lower case. Folding what was typed at login needs no valid name. */
export function accountKey(name: string): string {
  // Twice: lower case can leave a form that NFKC would change again.
  return name.trim().normalize('NFKC').toLowerCase().normalize('NFKC')
}

/** Code points; long enough for an e-mail address in use, short enough for a cookie-free line in a log. */
const LONGEST = 64

function refused(why: string): AccountName {
  return { kind: 'refused', why }
}
