import { nodeWindowSecret } from '@cloakroom/signature/node-keys'
import type { Instant } from '../decide/head.ts'

/** The secret of the window that `at` lies in, and when that is over. Takes the root over and zeroes it: only what is derived is sent. */
export function inWindow(root: Uint8Array, seconds: number, at: Instant): { readonly value: Uint8Array; readonly until: Instant } {
  const windowMs = seconds * 1000
  const value = Buffer.from(nodeWindowSecret(root, seconds, Math.floor(at / 1000)), 'ascii')
  root.fill(0)
  return { value: Uint8Array.from(value), until: (Math.floor(at / windowMs) + 1) * windowMs }
}
