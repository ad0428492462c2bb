import type { Placement } from '../decide/credential.ts'
import type { Instant } from '../decide/head.ts'
import type { VersionState } from '../store/store.ts'
import type { CredentialKind } from './kind.ts'

export type { CredentialKind }

/** What may be known of a credential. There is no way to read its value back. */
export interface CredentialView {
  readonly name: string
  readonly kind: CredentialKind
  /** As `parsePlacement` reads it; null for what never goes on a request itself, such as a key that signs. */
  readonly placement: string | null
  /** The only places where it may go: scheme, host and port. */
  readonly origins: readonly string[]
  /** The newest first. */
  readonly versions: readonly VersionView[]
}

export interface VersionView {
  readonly version: number
  /** At the time of the question: `staged` becomes `active` by the clock. */
  readonly state: VersionState
  /** Keyed hash of the value, 16 hexadecimal digits: the same value has the same one, within this vault. */
  readonly fingerprint: string
  /** The value's last four characters; null when the value is so short that they would give it away. */
  readonly lastFour: string | null
  readonly notBefore: Instant | null
  /** When it ends, whether its owner said so or a newer version replaced it. */
  readonly notAfter: Instant | null
  readonly createdAt: Instant
  /** To the minute. */
  readonly lastUsedAt: Instant | null
}

export interface NewSecret {
  /** Taken over: zeroed when the call is done, whatever came of it. */
  readonly value: Uint8Array
  /** A secret when left out. */
  readonly kind?: CredentialKind
  readonly placement: Placement | null
  readonly origins: readonly string[]
  readonly notBefore?: Instant | null
  readonly notAfter?: Instant | null
}

export interface NewVersion {
  /** `signing-key` for a key that signs, and only then. */
  readonly is?: CredentialKind['is']
  /** Taken over: zeroed when the call is done, whatever came of it. */
  readonly value: Uint8Array
  readonly notBefore?: Instant | null
  readonly notAfter?: Instant | null
  /** How long the version before stays usable from then on; 0: not at all. */
  readonly retireAfterMs: number
}

export type VaultRefusalCode =
  | 'name_unusable'
  | 'name_exists'
  | 'name_unknown'
  | 'version_unknown'
  | 'origins_unusable'
  | 'times_unusable'
  | 'value_empty'
  | 'value_too_long'
  | 'value_too_short'
  | 'value_not_text'
  | 'value_has_scheme'
  | 'value_lacks_user'
  | 'value_known'
  | 'value_no_certificate'
  | 'kind_differs'

/** Worth saying, and no reason to refuse. */
export type VaultNoteCode = 'value_trimmed' | 'value_short'

export interface VaultNote {
  readonly code: VaultNoteCode
  readonly text: string
}

/** What came of a change. `text` says what to do about it. */
export type VaultOutcome =
  | { readonly kind: 'done'; readonly credential: CredentialView; readonly notes: readonly VaultNote[] }
  | VaultRefusal

export interface VaultRefusal {
  readonly kind: 'refused'
  readonly code: VaultRefusalCode
  readonly text: string
}

export function refusal(code: VaultRefusalCode, text: string): VaultRefusal {
  return { kind: 'refused', code, text }
}
