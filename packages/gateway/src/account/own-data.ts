import type { AuditEvent } from '@cloakroom/contract'
import { readAgent } from '../decide/agent.ts'
import { accountKey } from '../decide/account-name.ts'
import type { Session } from '../decide/session.ts'
import type { Identity } from '../store/provider-stores.ts'
import type { AuditStore, StoredFactor } from '../store/store.ts'
import type { AccountSummary } from './accounts.ts'

/** Everything that is kept about a person, for that person (PRIV-07): no secret, no hash, nothing that signs in, nobody else's name. */
export interface OwnData {
  readonly account: Omit<AccountSummary, 'key'>
  readonly sessions: readonly {
    readonly label: string
    readonly address: string
    readonly agent: string
    readonly browser: string | null
    readonly system: string | null
    readonly methods: readonly string[]
    readonly startedAt: string
    readonly seenAt: string
  }[]
  readonly authenticators: readonly Readonly<Record<'kind' | 'name' | 'createdAt' | 'lastUsedAt', string | null>>[]
  readonly providers: readonly {
    readonly issuer: string
    readonly subject: string
    readonly roles: readonly string[]
    readonly linkedAt: string
  }[]
  /** Of the audit trail, the newest first. */
  readonly events: readonly AuditEvent[]
  /** There are more: only so many of the newest are here. */
  readonly eventsCut: boolean
}

export interface OwnRows {
  readonly account: AccountSummary
  readonly sessions: readonly Session[]
  readonly factors: readonly StoredFactor[]
  readonly identities: readonly Identity[]
  readonly events: readonly AuditEvent[]
  readonly label: (id: string) => string
}

export const MOST_EVENTS = 10_000

export function ownData({ account: { key: _key, ...account }, sessions, factors, identities, events, label }: OwnRows): OwnData {
  const iso = (at: number): string => new Date(at).toISOString()
  return {
    account,
    sessions: sessions.map(({ id, address, agent, factors: shown, createdAt, seenAt }) => ({
      label: label(id),
      address,
      agent,
      ...readAgent(agent),
      methods: shown.map(({ kind }) => kind),
      startedAt: iso(createdAt),
      seenAt: iso(seenAt),
    })),
    authenticators: factors.map(({ kind, name, createdAt, lastUsedAt }) => ({
      kind,
      name,
      createdAt: iso(createdAt),
      lastUsedAt: lastUsedAt === null ? null : iso(lastUsedAt),
    })),
    providers: identities.map(({ issuer, subject, roles, linkedAt }) => ({ issuer, subject, roles, linkedAt: iso(linkedAt) })),
    events: events.slice(0, MOST_EVENTS),
    eventsCut: events.length > MOST_EVENTS,
  }
}

/** What was done in the person's own sessions: one question to an index. One more than is shown, to say whether there are more. */
export async function ownEvents(audit: Pick<AuditStore, 'read'>, name: string): Promise<readonly AuditEvent[]> {
  const found = await audit.read({ limit: MOST_EVENTS + 1, account: name })
  // Programs and subjects of other issuers may be called the same.
  return found.filter(({ actor }) => actor.via === 'browser').map(({ seq: _seq, ...event }) => event)
}

/** And what others did to the account, without who did it: reads the whole trail. */
export async function eventsAbout(audit: Pick<AuditStore, 'read'>, name: string): Promise<readonly AuditEvent[]> {
  const key = accountKey(name)
  const events: AuditEvent[] = []
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const page = await audit.read({ limit: 1000, before })
    for (const { seq, ...event } of page) {
      before = seq
      const own = event.actor.via === 'browser' && event.actor.account !== null && accountKey(event.actor.account) === key
      if (own) events.push(event)
      else if (event.target !== null && accountKey(event.target) === key && ABOUT_ACCOUNTS.test(event.kind))
        events.push({ ...event, actor: { ...event.actor, account: null, session: null } })
    }
    if (page.length === 0) return events
  }
}

const ABOUT_ACCOUNTS = /^(?:account|password|factor|identity|login|session|grant|provider)\b/
