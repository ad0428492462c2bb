import type { Pause, Revocation } from '../account/oidc/revoke.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import type { Session } from '../decide/session.ts'
import type { Call } from './endpoint.ts'

/**
 * The provider's side of signing out: what it gave is deleted here, its refresh token revoked there (RFC 7009). Answers where the browser is
 * to go to sign out there, too; null when nowhere. Throws nothing: the session is over already, whatever the provider says.
 */
export async function endGrant(call: Call, session: Session, landing: string): Promise<string | null> {
  const { head, parts } = call
  try {
    const { grants, byName, transactions } = parts.providers
    const opened = await grants.open(head, session.id)
    if (opened === null) return null
    const { row, content } = opened
    await grants.remove(row)
    const provider = byName.get(row.provider)
    if (provider === undefined) return null
    const { refreshToken } = content
    if (refreshToken !== null) await noteRevocation(call, session, row.provider, (pause) => provider.revoke(refreshToken, pause))
    if (!provider.settings.endSession) return null
    const to = `${call.policy.publicOrigin}${call.policy.basePath}/oidc/signed-out`
    return await provider.endSession({ idToken: content.idToken, to, state: transactions.leave(landing, head.at) })
  } catch (cause) {
    parts.observer.failure(head, cause)
    return null
  }
}

async function noteRevocation(
  { head, parts }: Call,
  session: Session,
  provider: string,
  revoke: (pause: Pause) => Promise<Revocation>,
): Promise<void> {
  const event = {
    ...causedBy(head),
    kind: 'grant.revoked',
    actor: browser(session.name, parts.label(session.id)),
    target: session.name,
  } as const
  const note = (outcome: Revocation | 'failed' | 'late'): void =>
    parts.audit.note(auditEvent({ ...event, result: outcome === 'done' ? 'ok' : 'failed', detail: { provider, outcome } }))
  const pause: Pause = (ms) => new Promise((resolve) => void parts.providers.later(resolve, ms))
  const revoking = revoke(pause).catch((cause: unknown) => {
    parts.observer.failure(head, cause)
    return 'failed' as const
  })
  // Bounded: a person who signs out must not wait for a provider that hangs, or asks to be asked again. What comes of it is noted all the same.
  const outcome = await Promise.race([revoking, pause(MOST_MS).then(() => 'late' as const)])
  note(outcome)
  if (outcome === 'late') void revoking.then(note)
}

const MOST_MS = 3000
