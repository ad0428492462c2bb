import type { Random } from '../lib/random.ts'

/** Crockford's 32 characters: no i, l, o, u, which are read as 1, 1, 0 and v. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const GROUPS = 7
const GROUP_LENGTH = 4

/** A recovery passphrase of 140 random bits: `k7m2-…`, seven groups of four. */
export function makeRecoveryPassphrase(random: Random): string {
  const letters = [...random(GROUPS * GROUP_LENGTH)].map((byte) => ALPHABET[byte & 31] ?? '')
  return Array.from({ length: GROUPS }, (_, at) => letters.slice(at * GROUP_LENGTH, (at + 1) * GROUP_LENGTH).join('')).join('-')
}

/** As it was shown, from however it was typed: capitals, blanks for hyphens, o for 0, l or i for 1. */
export function readRecoveryPassphrase(typed: string): string {
  const letters = typed.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
  return letters.match(/.{1,4}/g)?.join('-') ?? ''
}
