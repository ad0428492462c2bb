import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { VaultPart } from '../parts.ts'

/** A secret for a library that wants a text: a client's secret, a private key. Only for `origin`, which must be sealed with it. */
export interface OpenText {
  readonly text: string
  /** The only origins that may see it, or what is made with it. */
  readonly origins: readonly string[]
}

/** Throws GateError `credential_unavailable`. A text cannot be wiped: keep it no longer than one call. */
export async function openText(vault: VaultPart, name: string, origin: string, at: Instant): Promise<OpenText> {
  const opened = await vault.open(name, origin, at)
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(opened.secret.reveal()), origins: opened.origins }
  } catch (cause) {
    throw new GateError('credential_unavailable', `the credential ${name} is no text`, { cause })
  } finally {
    opened.release()
  }
}
