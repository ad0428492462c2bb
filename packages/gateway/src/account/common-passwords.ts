import { dictionary } from '@zxcvbn-ts/language-common'
import { foldPassword } from '../decide/password-policy.ts'

/** Is this folded password one of the 49 000 most used? Read on first use: only setting a password needs the list. */
export function isCommonPassword(folded: string): boolean {
  common ??= new Set(dictionary['passwords-common'].map(foldPassword))
  return common.has(folded)
}

let common: ReadonlySet<string> | undefined
