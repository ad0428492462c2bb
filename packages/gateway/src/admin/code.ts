import { hash, timingSafeEqual } from 'node:crypto'

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Five letters to a group, none of which looks like another: for a person who types them from a terminal. One letter for each byte: 32 divides 256. */
export function spellCode(bytes: Uint8Array): string {
  const letters = [...bytes].map((byte) => LETTERS[byte % 32] ?? '').join('')
  return letters.match(/.{1,5}/g)?.join('-') ?? ''
}

/** As `spellCode` writes it, whatever case, blanks and hyphens it was typed with. */
export function readCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}

/** Compared by hash: equal lengths, and no hint of how much of it was right. */
export function sameCode(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', readCode(one), 'buffer'), hash('sha256', readCode(other), 'buffer'))
}
