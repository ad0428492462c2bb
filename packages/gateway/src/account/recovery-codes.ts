import { createHmac, type KeyObject } from 'node:crypto'
import type { AccountId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'

/** How many one gets at a time. */
export const CODES = 10
/** RFC 4648 base32 in lower case: 2 to 7 only, so that no digit looks like a letter of it. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const LENGTH = 24

/** `abcd-efgh-jkmn-pqrs-tuvw-xyz2`: 120 bits, so that a keyed hash is enough (NIST SP 800-63B-4 §3.1.2.2 draws the line at 112). */
export function newCodes(random: Random): readonly string[] {
  return Array.from({ length: CODES }, () => grouped(Array.from(random(LENGTH), (byte) => ALPHABET[byte & 31] ?? '').join('')))
}

/** As it is compared: what people add when they copy by hand is dropped. Null for what cannot be one. */
export function readRecoveryCode(typed: string): string | null {
  const plain = typed.toLowerCase().replaceAll(/[\s-]/g, '')
  return /^[a-z2-7]{24}$/.test(plain) ? plain : null
}

/** Keyed, and bound to the account: a copy of the database neither shows a code nor lets one be moved. */
export function hashRecoveryCode(key: KeyObject, account: AccountId, plain: string): string {
  return createHmac('sha256', key).update(`cloakroom recovery code\0${account}\0${plain}`).digest('base64url')
}

function grouped(code: string): string {
  return (code.match(/.{4}/g) ?? []).join('-')
}
