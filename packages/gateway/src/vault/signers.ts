import type { SigningAlgorithm } from '@cloakroom/signature'
import type { Instant } from '../decide/head.ts'
import type { OpenSigner } from '../parts.ts'
import type { LedgerEntry } from './ledger.ts'
import type { CredentialRecord } from './record.ts'
import { openSigningKey } from './signing-key.ts'

/** Keys that sign, opened once and kept until anything in the vault changes: they are KeyObjects, so nothing of them lies in the heap. */
export interface Signers {
  find(name: string, origin: string, at: Instant): OpenSigner | null
  /** Not used beyond `until`. The record's value stays the caller's. */
  start(entry: LedgerEntry, record: CredentialRecord, algorithm: SigningAlgorithm, at: Instant, until: Instant): OpenSigner
  drop(): void
}

export function createSigners(): Signers {
  const signers = new Map<string, { readonly open: OpenSigner; readonly from: Instant; readonly until: Instant }>()
  return {
    find(name, origin, at) {
      const found = signers.get(name)
      return found !== undefined && found.from <= at && at < found.until && found.open.origins.includes(origin) ? found.open : null
    },
    start({ name }, { origins, value }, algorithm, at, until) {
      const open: OpenSigner = { key: openSigningKey(value, algorithm).signer, origins }
      signers.set(name, { open, from: at, until })
      return open
    },
    drop: () => signers.clear(),
  }
}
