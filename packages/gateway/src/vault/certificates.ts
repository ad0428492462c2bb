import type { Instant } from '../decide/head.ts'
import type { OpenCertificate } from '../parts.ts'
import { bufferOf, readCertifiedKey } from '../lib/certified-key.ts'
import { openCredential } from './credentials.ts'
import type { Keyring } from './keyring.ts'
import type { LedgerEntry } from './ledger.ts'
import type { CredentialRecord } from './record.ts'
import type { Snapshot } from './snapshot.ts'

/** Client certificates that were found once, until anything in the vault changes. Nothing of a private key is kept: it is opened anew for each use. */
export interface Certificates {
  find(name: string, origin: string, at: Instant): OpenCertificate | null
  /** Not used beyond `until`. Null when the record holds none. The record's value stays the caller's. */
  start(snapshot: Snapshot, entry: LedgerEntry, record: CredentialRecord, at: Instant, until: Instant): OpenCertificate | null
  drop(): void
}

export function createCertificates(keyring: Keyring): Certificates {
  const found = new Map<string, { readonly open: OpenCertificate; readonly from: Instant; readonly until: Instant }>()
  return {
    find(name, origin, at) {
      const known = found.get(name)
      return known !== undefined && known.from <= at && at < known.until && known.open.origins.includes(origin) ? known.open : null
    },
    start(snapshot, entry, { origins, value }, at, until) {
      const read = readCertifiedKey(value)
      if (read === null) return null
      const open: OpenCertificate = {
        id: read.id,
        from: { name: entry.name, version: entry.version },
        origins,
        use(make) {
          const record = openCredential(keyring, entry, snapshot.row(entry.name, entry.version))
          if (record === null) return null
          try {
            return make(bufferOf(record.value))
          } finally {
            record.value.fill(0)
          }
        },
      }
      found.set(entry.name, { open, from: at, until })
      return open
    },
    drop: () => found.clear(),
  }
}
