import { open } from 'node:fs/promises'
import { readJwks } from './jwk.ts'
import { answerFrom, keyTable } from './static.ts'
import type { KeySource } from './source.ts'
import type { VerifyingKey } from './key.ts'

export interface FileKeysOptions {
  /** A JWK or a JWK Set as JSON. */
  readonly path: string
  /** How long a reading counts before the file is looked at again. Default 5: a rotation is seen within seconds. */
  readonly cooldownSeconds?: number
}

// A set of 64 RSA keys stays below 64 KiB; more is not a key file.
const LARGEST_FILE = 65_536
const MOST_KEYS = 64

/** Keys in a file that may be replaced while the API runs. An unreadable or half-written file is `unavailable`: the requests are refused. */
export function fileKeys({ path, cooldownSeconds = 5 }: FileKeysOptions): KeySource {
  let reading: { readonly at: number; readonly table: Promise<ReadonlyMap<string, VerifyingKey>> } | null = null
  return {
    async find(keyid, now) {
      if (reading === null || now < reading.at || now - reading.at >= cooldownSeconds) reading = { at: now, table: readTable(path) }
      try {
        return answerFrom(await reading.table, keyid)
      } catch (error) {
        return { answer: 'unavailable', detail: `${path}: ${error instanceof Error ? error.message : 'unreadable'}` }
      }
    },
  }
}

async function readTable(path: string): Promise<ReadonlyMap<string, VerifyingKey>> {
  const file = await open(path, 'r')
  try {
    const { size, mode } = await file.stat()
    if (size > LARGEST_FILE) throw new Error(`${size} bytes are too many for a key file`)
    const jwks = readJwks(JSON.parse(await file.readFile('utf8')), MOST_KEYS)
    if (jwks === null) throw new Error('neither a JWK nor a JWK Set')
    // A secret that every user of the machine can read is no secret. Windows has no such bits.
    const secret = jwks.some((jwk) => jwk.k !== undefined || jwk.d !== undefined)
    if (secret && process.platform !== 'win32' && (mode & 0o077) !== 0) throw new Error('holds a secret but others may read it: chmod 600')
    const table = await keyTable(jwks)
    if (!table.ok) throw new Error(table.detail)
    return table.value
  } finally {
    await file.close()
  }
}
