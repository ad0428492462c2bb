import type { Jwk } from '@cloakroom/signature'
import type { Instant } from '../decide/head.ts'
import { openCredential } from './credentials.ts'
import type { Keyring } from './keyring.ts'
import { openSigningKey } from './signing-key.ts'
import type { Snapshot } from './snapshot.ts'
import { endOf } from './versions.ts'

/**
 * The public halves of these keys: of every version that signs now, will sign, or may have signed a request that is still on its way
 * (RFC 9421 §7.3.2). Shared secrets and everything that is no key are left out.
 */
export function publishedKeys(snapshot: Snapshot, keyring: Keyring, names: readonly string[], at: Instant): readonly Jwk[] {
  return names.flatMap((name) =>
    (snapshot.byName.get(name) ?? []).flatMap((entry): readonly Jwk[] => {
      const { kind } = entry
      const end = endOf(entry)
      if (kind.is !== 'signing-key' || entry.revokedAt !== null || end + ON_THE_WAY_MS <= at) return []
      const record = openCredential(keyring, entry, snapshot.row(name, entry.version))
      if (record?.kind.is !== 'signing-key') return []
      const { publicJwk } = openSigningKey(record.value, record.kind.algorithm)
      record.value.fill(0)
      if (publicJwk === null) return []
      return [end === Infinity ? publicJwk : { ...publicJwk, exp: Math.floor((end + ON_THE_WAY_MS) / 1000) }]
    }),
  )
}

/** A signature lives for a minute, and the API's clock may be another minute off. */
const ON_THE_WAY_MS = 120_000
