import { leaks } from '../decide/credential.ts'
import { needlesOf } from '../decide/needles.ts'
import { Secret } from '../decide/secret.ts'
import type { Instant } from '../decide/head.ts'
import type { VersionState } from '../store/store.ts'
import { privateLines } from '../lib/certified-key.ts'
import { openCredential } from './credentials.ts'
import { isCertified } from './kind.ts'
import type { Keyring } from './keyring.ts'
import type { Snapshot } from './snapshot.ts'
import { stateAt } from './versions.ts'

/** One version of a credential as a search through other people's bytes needs it. */
export interface VersionSpellings {
  readonly name: string
  readonly version: number
  readonly state: VersionState
  /** As `leaks` gives them, for the caller to overwrite; null when the record is not the one that was sealed. */
  readonly needles: readonly Uint8Array[] | null
}

/**
 * Every version that still has a value: staged ones that nothing uses yet, and retiring or ended ones that the provider may still take.
 * It is no use of a credential: "last used" stays as it is. A revoked version has no ciphertext any more, so there is nothing to look for.
 */
export function spellingsOf(snapshot: Snapshot, keyring: Keyring, at: Instant): readonly VersionSpellings[] {
  return [...snapshot.byName.keys()].sort().flatMap((name) => {
    const versions = snapshot.byName.get(name) ?? []
    return versions
      .filter((entry) => entry.revokedAt === null)
      .map((entry) => {
        const record = openCredential(keyring, entry, snapshot.row(name, entry.version))
        const state = stateAt(entry, versions, at)
        if (record === null) return { name, version: entry.version, state, needles: null }
        const secret = new Secret(record.value)
        // `leaks` copies: what is overwritten here is the only plaintext that this function made.
        const needles = isCertified(record.kind)
          ? privateLines(record.value)
          : record.placement === null
            ? needlesOf([record.value])
            : leaks(record.placement, secret)
        secret.wipe()
        return { name, version: entry.version, state, needles }
      })
  })
}
