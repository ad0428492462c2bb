import { createHmac } from 'node:crypto'
import { windowNumber, windowText } from './window-text.ts'

/** `windowSecret` on Node's own crypto, at once, for a gateway's hot path. The caller keeps the root. */
export function nodeWindowSecret(root: Uint8Array, windowSeconds: number, at: number): string {
  if (root.length < 32) throw new RangeError('The root secret needs at least 32 random bytes.')
  return createHmac('sha256', root)
    .update(windowText(windowSeconds, windowNumber(windowSeconds, at)))
    .digest('base64url')
}
