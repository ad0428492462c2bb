import type { KeySet } from '../jose/keys.ts'
import type { Exchange, Sighting } from '../scene.ts'

/** What a scan of a recording, a storage dump or a text brought to light. */
export type Scanned = {
  readonly jwts: readonly { readonly label: string; readonly text: string }[]
  readonly sightings: readonly Sighting[]
  readonly exchanges: readonly Exchange[]
  readonly keySets: readonly KeySet[]
}

/** All parts of several scans in one; JWTs that occur more than once are kept once. */
export function together(scans: readonly Scanned[]): Scanned {
  const jwts = new Map(scans.flatMap((scan) => scan.jwts).map((jwt) => [jwt.text, jwt]))
  return {
    jwts: [...jwts.values()],
    sightings: scans.flatMap((scan) => scan.sightings),
    exchanges: scans.flatMap((scan) => scan.exchanges),
    keySets: scans.flatMap((scan) => scan.keySets),
  }
}
