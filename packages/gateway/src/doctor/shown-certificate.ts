import { readFileSync } from 'node:fs'
import { GateError } from '../errors.ts'
import type { CertificatePair } from '../forward/client-identity.ts'
import type { Examined } from './api.ts'

/** The client certificate as the gateway would show it now; `wipe` it when the examination is over. */
export interface Shown {
  readonly pair: CertificatePair
  wipe(): void
}

/** Null when the API is shown none. Throws GateError `credential_unavailable`. */
export async function shownCertificate({ api, clientCertificate: shown, vault, now }: Examined): Promise<Shown | null> {
  if (shown === null) return null
  if ('vault' in shown) {
    const opened = await vault.openCertificate(shown.vault, api.upstreamOrigin, now())
    const pem = opened.use((text) => Buffer.from(text))
    if (pem === null) throw new GateError('credential_unavailable', `${shown.vault} is not what was sealed`)
    return { pair: { cert: pem, key: pem }, wipe: () => pem.fill(0) }
  }
  const key = readFileSync(shown.key)
  return { pair: { cert: readFileSync(shown.cert), key }, wipe: () => key.fill(0) }
}
