import { hkdfSync } from 'node:crypto'

/** Names a key without saying anything about it, so that a wrong key can be told from a damaged vault. */
export function keyLabel(key: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', key, '', 'cloakroom/key-label', 6)).toString('hex')
}
