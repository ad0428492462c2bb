import { auditEvent, browser, causedBy } from '../../audit/event.ts'
import type { RequestHead } from '../../decide/head.ts'
import type { Api, VisitorToken } from '../../decide/policy.ts'
import type { Session, Visitor } from '../../decide/session.ts'
import { GateError } from '../../errors.ts'
import type { Later } from '../../lib/later.ts'
import type { AuditPart, OpenCredential, TokensPart } from '../../parts.ts'
import type { AccessToken, Grants, OpenGrant } from '../../session/grants.ts'
import type { Sessions } from '../../session/sessions.ts'
import { createLeases } from '../../vault/leases.ts'
import type { OidcProvider } from './provider.ts'
import type { Renewals } from './renewals.ts'
import { isUsable, targetKey } from './access.ts'

export interface VisitorTokensParts {
  readonly providers: ReadonlyMap<string, OidcProvider>
  readonly grants: Grants
  readonly renewals: Renewals
  readonly sessions: Pick<Sessions, 'end'>
  readonly audit: AuditPart
  readonly label: (id: string) => string
  readonly later: Later
}

/** The signed-in visitor's own access token as an API's credential: opened with the half of the key that his browser sent, renewed when it is due. */
export function createVisitorTokens(parts: VisitorTokensParts): TokensPart {
  const { providers, grants, renewals, sessions, audit, label } = parts
  const leases = createLeases(parts.later)

  async function tokenFor(head: RequestHead, session: Session, wish: VisitorToken): Promise<AccessToken & { readonly of: string }> {
    const opened = await grants.open(head, session.id)
    const provider = providers.get(wish.provider)
    if (opened === null || provider === undefined || opened.row.provider !== wish.provider) {
      throw new GateError('provider_sign_in_required', `this session was not begun at ${wish.provider}`)
    }
    const of = (grant: OpenGrant): string => `${grant.row.id} ${grant.row.version} ${targetKey(wish)}`
    const held = opened.content.access[targetKey(wish)]
    if (held !== undefined && head.at < held.renewAt) return { ...held, of: of(opened) }
    const outcome = await renewals.renew({ opened, provider, target: wish, at: head.at, reopen: () => grants.open(head, session.id) })
    switch (outcome.kind) {
      case 'access':
        return { ...outcome.access, of: of(outcome.opened) }
      case 'unavailable':
        // Due, but good for a moment yet: the provider's trouble is not the visitor's.
        if (held !== undefined && isUsable(held, head.at)) return { ...held, of: of(opened) }
        throw outcome.cause
      case 'ended':
        await end(head, session, outcome.why)
        throw new GateError('session_required', `${wish.provider} gives no more tokens: ${outcome.why}`)
    }
  }

  /** One clock: a session does not outlive what it was begun with (OIDC-11, OIDC-12). */
  async function end(head: RequestHead, session: Session, why: string): Promise<void> {
    const ended = await sessions.end(session, head.at, 'ended-by-provider')
    if (!ended) return
    const actor = browser(session.name, label(session.id))
    audit.note(auditEvent({ ...causedBy(head), kind: 'grant.ended', actor, target: session.name, result: 'failed', detail: { why } }))
  }

  return {
    async open(head: RequestHead, visitor: Visitor, api: Api): Promise<OpenCredential> {
      const wish = api.visitorToken
      if (wish === null) throw new GateError('internal', `${api.name} takes no token of its visitors`)
      if (visitor.kind !== 'known') throw new GateError('session_required', `${api.name} takes the token of somebody who is signed in`)
      const { value, type, expiresAt, of } = await tokenFor(head, visitor.session, wish)
      if (type !== 'bearer')
        throw new GateError('credential_unavailable', `${wish.provider} gave a token of another type than was asked for`)
      const known = leases.find(of, api.upstreamOrigin, head.at)
      if (known !== null) return known
      const record = {
        of: null,
        placement: { kind: 'bearer' },
        origins: [api.upstreamOrigin],
        value: new TextEncoder().encode(value),
      } as const
      return leases.start(of, record, head.at, expiresAt)
    },
  }
}
