import type { Signing } from '../decide/policy.ts'
import type { CertificatePair } from '../forward/client-identity.ts'
import type { OpenCredential, OpenSigner } from '../parts.ts'

/** What the probes need of one API. Opened for the length of the examination. */
export interface Subject {
  readonly area: string
  readonly origin: string
  /** What is asked for: something that the gateway lets through. */
  readonly target: string
  readonly credential: OpenCredential | null
  /** A real one that should not count any more, and what it is; null when the vault has none. */
  readonly stale: { readonly what: 'before' | 'over'; readonly credential: OpenCredential } | null
  readonly signing: Signing | null
  readonly signer: OpenSigner | null
  readonly ca: string | null
  /** What the gateway shows; nobody else has it. */
  readonly certificate: CertificatePair | null
  readonly privateNetwork: boolean
  /** An address of this machine that the gateway does not use; null when it has none. */
  readonly otherAddress: string | null
  readonly now: () => number
}
