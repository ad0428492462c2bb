import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { OpenCredential } from '../parts.ts'
import type { Visitor } from '../decide/session.ts'
import type { Trip } from './trip.ts'

/** What opens the upstream for this request: a secret of the vault's, the visitor's own token, or nothing. At once where that is here. Throws GateError. */
export function credentialOf({ head, visitor, route: { api }, parts }: Trip): Awaitable<OpenCredential | null> {
  if (api.visitorToken === null) return api.credential === null ? null : parts.vault.open(api.credential, api.upstreamOrigin, head.at)
  if (parts.tokens === undefined) throw new GateError('credential_unavailable', 'no tokens of visitors are kept here')
  return parts.tokens.open(head, visitor, api)
}

/** That a secret of the vault's goes out, for whom, and by which route. */
export function noteUse({ head, visitor, route: { id, api }, parts }: Trip): void {
  if (api.credential !== null && api.visitorToken === null) parts.uses?.note(api.credential, id, whoIs(visitor), head.at)
}

/** As store/use-store.ts has it. */
function whoIs(visitor: Visitor): string {
  switch (visitor.kind) {
    case 'known':
      return `account:${visitor.session.account}`
    case 'machine':
      return `machine-key:${visitor.key.name}`
    case 'bearer':
      return `jwt:${visitor.bearer.subject}`
    default:
      return ''
  }
}
