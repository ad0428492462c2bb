import { readFile } from 'node:fs/promises'
import { readJwks, type Jwk } from '../keys/jwk.ts'
import { failed, fine, type Outcome } from '../outcome.ts'

const MOST_KEYS = 64

/** Reads a file with one JWK or a JWK Set. */
export async function readKeyFile(path: string): Promise<Outcome<readonly Jwk[], 'unreadable'>> {
  try {
    const jwks = readJwks(JSON.parse(await readFile(path, 'utf8')), MOST_KEYS)
    return jwks === null ? failed('unreadable', `${path}: neither a JWK nor a JWK Set.`) : fine(jwks)
  } catch (error) {
    return failed('unreadable', `${path}: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}
