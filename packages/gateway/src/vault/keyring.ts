import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'
import type { GenerationRow } from '../store/store.ts'
import { seal, unseal } from './seal.ts'

/** The root key and the generations of keys under it, as KeyObjects: outside the JavaScript heap, not printable. */
export interface Keyring {
  readonly vaultId: string
  /** The root key's bytes, the caller's to zero: for wrapping it anew, and for nothing else. */
  exportRoot(): Buffer
  /** The generation that new records are sealed under. */
  newest(): { readonly number: number; readonly key: KeyObject }
  find(generation: number): KeyObject | null
  /** Unwraps the generations that are not known yet. Throws GateError when one is not what this vault wrote. */
  learn(rows: readonly GenerationRow[]): void
  derive(purpose: string): KeyObject
}

/** Takes the root key over and zeroes it. */
export function openKeyring(vaultId: string, root: Buffer): Keyring {
  const rootKey = createSecretKey(root)
  root.fill(0)
  const generations = new Map<number, KeyObject>()
  return {
    vaultId,
    exportRoot: () => rootKey.export(),
    find: (number) => generations.get(number) ?? null,
    newest() {
      const number = Math.max(...generations.keys())
      const key = generations.get(number)
      if (key === undefined) throw new GateError('credential_unavailable', 'the vault has no generation of keys')
      return { number, key }
    },
    learn(rows) {
      for (const row of rows) {
        if (!generations.has(row.number)) generations.set(row.number, unwrapGeneration(rootKey, vaultId, row))
      }
    },
    derive(purpose) {
      const derived = Buffer.from(hkdfSync('sha256', rootKey, vaultId, `cloakroom/derived/${purpose}`, KEY_BYTES))
      const held = createSecretKey(derived)
      derived.fill(0)
      return held
    },
  }
}

/** A new generation under a root key. */
export function makeGeneration(number: number, vaultId: string, root: Uint8Array, at: Instant, random: Random): GenerationRow {
  const key = random(KEY_BYTES)
  const wrapped = seal(createSecretKey(root), 0, { kind: 'generation', vaultId, name: '', version: number }, key, random)
  key.fill(0)
  return { number, wrapped, createdAt: at }
}

const KEY_BYTES = 32

function unwrapGeneration(root: KeyObject, vaultId: string, row: GenerationRow): KeyObject {
  const key = unseal(root, row.wrapped, { kind: 'generation', vaultId, name: '', version: row.number })
  if (key?.length !== KEY_BYTES)
    throw new GateError(
      'credential_unavailable',
      `the root key does not open generation ${row.number}: the key provider gave another key, or the database was changed`,
    )
  const held = createSecretKey(key)
  key.fill(0)
  return held
}
