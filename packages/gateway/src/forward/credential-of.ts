import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { OpenCredential } from '../parts.ts'
import type { Trip } from './trip.ts'

/** What opens the upstream for this request: a secret of the vault's, the visitor's own token, or nothing. At once where that is here. Throws GateError. */
export function credentialOf({ head, visitor, route: { api }, parts }: Trip): Awaitable<OpenCredential | null> {
  if (api.visitorToken === null) return api.credential === null ? null : parts.vault.open(api.credential, api.upstreamOrigin, head.at)
  if (parts.tokens === undefined) throw new GateError('credential_unavailable', 'no tokens of visitors are kept here')
  return parts.tokens.open(head, visitor, api)
}
