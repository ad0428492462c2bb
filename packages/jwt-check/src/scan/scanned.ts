import type { KeySet } from '../jose/keys.ts'
import type { Exchange, Sighting } from '../scene.ts'

/** What a scan of a recording, a storage dump or a text brought to light. */
export type Scanned = {
  readonly jwts: readonly { readonly label: string; readonly text: string }[]
  readonly sightings: readonly Sighting[]
  readonly exchanges: readonly Exchange[]
  readonly keySets: readonly KeySet[]
}

/** All parts of several scans in one; a JWT that occurs more than once is kept where it was found first. */
export function together(scans: readonly Scanned[]): Scanned {
  const jwts = new Map<string, Scanned['jwts'][number]>()
  for (const jwt of scans.flatMap((scan) => scan.jwts)) if (!jwts.has(jwt.text)) jwts.set(jwt.text, jwt)
  return {
    jwts: [...jwts.values()],
    sightings: scans.flatMap((scan) => scan.sightings),
    exchanges: scans.flatMap((scan) => scan.exchanges),
    keySets: scans.flatMap((scan) => scan.keySets),
  }
}
