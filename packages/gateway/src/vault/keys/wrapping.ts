import { createSecretKey } from 'node:crypto'
import { GateError } from '../../errors.ts'
import type { Random } from '../../lib/random.ts'
import { seal, unseal, type Binding } from '../seal.ts'
import { ROOT_KEY_BYTES } from './provider.ts'

/** Wraps a root key under 32 bytes of key, for the providers that hold such a key themselves. Zeroes `key`. */
export function wrapUnder(key: Buffer, root: Uint8Array, context: string, random: Random): string {
  const held = createSecretKey(key)
  key.fill(0)
  return seal(held, 0, bound(context), root, random)
}

/** Zeroes `key`. Throws GateError with `advice` when it is not the key that wrapped. */
export function unwrapUnder(key: Buffer, wrapped: string, context: string, advice: string): Buffer {
  const held = createSecretKey(key)
  key.fill(0)
  const root = unseal(held, wrapped, bound(context))
  if (root?.length !== ROOT_KEY_BYTES) throw new GateError('credential_unavailable', advice)
  return root
}

function bound(context: string): Binding {
  return { kind: 'root', vaultId: context, name: '', version: 0 }
}
