import type { Clock } from '../clock.ts'
import type { KeySource } from '../keys/source.ts'
import type { NonceStore } from '../nonce/store.ts'
import type { Refusal } from './refusal.ts'

/** What an API demands of a request. Only the first three have to be said. */
export interface VerifierOptions {
  /** The host names under which this API is called, with port if it is not the default one. A signature for another API is refused. */
  readonly authority: string | readonly string[]
  readonly keys: KeySource
  readonly nonces: NonceStore
  /** Set this when a proxy in front replaces Host: the first `authority` is then what the gateway must have signed. */
  readonly ignoreHost?: boolean
  /** Fields that must be covered when the request carries them, such as `x-api-key`. Lower case. */
  readonly coverAlso?: readonly string[]
  /** `'unsigned'` passes content on unread and unchecked. Only for routes that stream more than anyone can buffer. */
  readonly content?: 'digest' | 'unsigned'
  /** In bytes. Default 1 MiB. */
  readonly largestContent?: number
  /** Default 60. A route that moves money may want 10. */
  readonly maxAgeSeconds?: number
  /** How long a key source or a nonce store may think. Default 2000; then the request is refused. */
  readonly patienceMs?: number
  readonly clock?: Clock
  /** Called with every refusal: the one place where the reason is told. */
  readonly report?: (refusal: Refusal) => void
}
