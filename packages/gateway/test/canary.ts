import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { leaks, parsePlacement } from '../src/decide/credential.ts'
import { Secret } from '../src/decide/secret.ts'

/** Looks for a secret, in every spelling that an upstream might give it, wherever the gateway could have put it. */
export interface Canary {
  /** Bytes that left the gateway: an answer, what a command printed. Looked at when `find` is called. */
  watch(what: string, bytes: Uint8Array | (() => string)): void
  /** Where the secret shows up: in something that was watched, or in a file of the folder, database and WAL included. Null: nowhere. */
  find(folder: string): string | null
}

export function canaryOf(secret: string, placementText: string): Canary {
  const placement = parsePlacement(placementText)
  if (placement === null) throw new Error('not a placement')
  const needles = leaks(placement, new Secret(Buffer.from(secret)))
  const holds = (bytes: Uint8Array): boolean =>
    needles.some((needle) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(needle) >= 0)
  const watched: { readonly what: string; readonly bytes: Uint8Array | (() => string) }[] = []
  return {
    watch: (what, bytes) => void watched.push({ what, bytes }),
    find(folder) {
      for (const { what, bytes } of watched) if (holds(typeof bytes === 'function' ? Buffer.from(bytes()) : bytes)) return what
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, name)
        if (statSync(path).isFile() && holds(readFileSync(path))) return name
      }
      return null
    },
  }
}
