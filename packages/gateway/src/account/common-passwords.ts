import { foldPassword } from '../decide/password-policy.ts'

/**
 * Says of a folded password whether it is one of the 49 000 most used. Read on first use: only setting a password needs the list, and a
 * gateway that nobody signs up at is spared its 10 MB.
 */
export async function commonPasswords(): Promise<(folded: string) => boolean> {
  common ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common'].map(foldPassword)))
  const known = await common
  return (folded) => known.has(folded)
}

let common: Promise<ReadonlySet<string>> | undefined
