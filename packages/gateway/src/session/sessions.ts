import { auditEvent, type EventParts } from '../audit/event.ts'
import { SESSION_COOKIE } from '../decide/cookies.ts'
import type { Instant } from '../decide/head.ts'
import type { SessionLimits } from '../decide/policy.ts'
import {
  staleness,
  type AccountId,
  type Claim,
  type Factor,
  type RevokeReason,
  type Session,
  type SessionId,
  type Standing,
} from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart, SessionsPart } from '../parts.ts'
import { SWEEP_ROWS, type SessionStore } from '../store/store.ts'
import { writeCookie } from './cookie.ts'
import { newCookieValue, sessionIdOf } from './identifier.ts'
import type { Streams } from './streams.ts'

export interface SessionParts {
  readonly store: SessionStore
  readonly limits: () => SessionLimits
  readonly audit: AuditPart
  /** See audit/event.ts, sessionLabels. */
  readonly label: (id: SessionId) => string
  readonly random: Random
  /** Live streams of what ends here are cut at once; other processes' look for themselves. */
  readonly streams?: Pick<Streams, 'ended' | 'endedAll'>
  /** The provider's tokens, which stay with a session that gets another identifier. */
  readonly grants?: { follow(from: SessionId, to: SessionId): Awaitable<void> }
  /** Who asks for what is not the clock's doing; `browser` unless said otherwise. */
  readonly via?: 'browser' | 'command' | 'admin'
  /** The cookie's name; the website's session cookie when left out. */
  readonly cookie?: string
}

export interface SessionStart {
  readonly account: AccountId
  readonly name: string
  readonly roles: readonly string[]
  /** The account's generation as `standing` told it BEFORE the password was checked; left out, the one of now. */
  readonly generation?: number
  readonly factors: readonly Factor[]
  readonly address: string
  readonly agent: string
  readonly traits?: string
  /** Of the session that goes on in it: its absolute end stays where it was. */
  readonly authenticatedAt?: Instant
  readonly at: Instant
}

export type StartedSession =
  | { readonly kind: 'started'; readonly session: Session; readonly setCookie: string }
  /** `limit`: the account holds as many sessions as it may. `outdated`: its sessions were ended while it signed in. */
  | { readonly kind: 'refused'; readonly why: 'limit' | 'outdated' }

/** Sessions from their start to their end; the only user of SessionStore. Every start and end is in the audit trail, under the session's label. */
export interface Sessions extends SessionsPart {
  standing(account: AccountId): Awaitable<Standing>
  find(id: SessionId): Awaitable<Claim | null>
  start(fresh: SessionStart): Promise<StartedSession>
  /** The same visitor under a new identifier, after a further authentication. Null when the session was ended meanwhile. */
  rotate(
    session: Session,
    at: Instant,
    factors: readonly Factor[],
  ): Promise<{ readonly session: Session; readonly setCookie: string } | null>
  endAll(account: AccountId, at: Instant, because: RevokeReason): Promise<number>
  /** Those of all accounts, also of sign-ins under way, by one small write; how many there were. Writing that down follows in batches, and decides nothing. */
  endEveryone(at: Instant, because: RevokeReason): Promise<number>
  /** What counts now, oldest first. */
  list(account: AccountId, at: Instant): Promise<readonly Session[]>
}

export function createSessions({
  store,
  limits,
  audit,
  label,
  random,
  streams,
  grants,
  via = 'browser',
  cookie = SESSION_COOKIE,
}: SessionParts): Sessions {
  function note(
    kind: 'session.started' | 'session.rotated' | 'session.ended',
    session: Session,
    at: Instant,
    reason: string | null = null,
    detail: EventParts['detail'] = {},
  ): void {
    const own = reason === 'idle' || reason === 'absolute' || reason === 'limit'
    const actor = { via: own ? 'gateway' : via, account: session.name, session: label(session.id) } as const
    const result = kind === 'session.started' && reason !== null ? 'refused' : 'ok'
    audit.note(
      auditEvent({
        kind,
        at,
        actor,
        address: kind === 'session.ended' ? null : session.address,
        target: session.name,
        reason,
        result,
        detail,
      }),
    )
  }

  async function list(account: AccountId, at: Instant): Promise<readonly Session[]> {
    const sessions = await store.list(account)
    // The store lists what was not ended and is of the current generation; time may have ended more.
    return sessions.filter(
      (session) => staleness({ session, standing: { generation: session.generation, roles: [] } }, limits(), at) === null,
    )
  }

  async function end(session: Session, at: Instant, because: RevokeReason): Promise<boolean> {
    const ended = await store.revoke(session.id, at, because)
    // Also when somebody else was faster: it is over.
    streams?.ended(session.id, because)
    if (ended) note('session.ended', session, at, because)
    return ended
  }

  async function start(fresh: SessionStart): Promise<StartedSession> {
    const { account, name, factors, address, agent, traits = '', at, authenticatedAt = at } = fresh
    const standing = await store.standing(account)
    // Checking a password takes tens of milliseconds. A revocation in that time raised the generation: with the older one, insert refuses.
    const generation = fresh.generation ?? standing.generation
    if (!sameRoles(standing.roles, fresh.roles)) await store.setRoles(account, fresh.roles)
    const { value, id } = newIdentifier(random)
    const times = { createdAt: at, authenticatedAt, seenAt: at }
    const session: Session = { id, account, name, generation, factors, ...times, address, agent, traits, revoked: null }
    if (limits().onLimit === 'refuse' && (await list(account, at)).length >= limits().perAccount) return refuse(session, at)
    if (!(await store.insert(session))) return { kind: 'refused', why: 'outdated' }
    if (!(await makeRoom(session, at))) return refuse(session, at)
    note('session.started', session, at)
    return { kind: 'started', session, setCookie: writeCookie({ name: cookie, value, maxAgeMs: null }) }
  }

  function refuse(session: Session, at: Instant): StartedSession {
    note('session.started', session, at, 'session_limit')
    return { kind: 'refused', why: 'limit' }
  }

  /** Counted after the insert: of logins that run at once, each sees the others, so that together they cannot pass the limit. */
  async function makeRoom(session: Session, at: Instant): Promise<boolean> {
    const { perAccount, onLimit } = limits()
    const held = await list(session.account, at)
    if (held.length <= perAccount) return true
    switch (onLimit) {
      case 'end-oldest':
        for (const oldest of held.filter(({ id }) => id !== session.id).slice(0, held.length - perAccount)) await end(oldest, at, 'limit')
        return true
      case 'end-all':
        for (const other of held) if (other.id !== session.id) await end(other, at, 'limit')
        return true
      case 'refuse': {
        const admitted = held.slice(0, perAccount).some(({ id }) => id === session.id)
        if (!admitted) await store.revoke(session.id, at, 'limit')
        return admitted
      }
    }
  }

  async function markRevoked(at: Instant, because: RevokeReason, before = 0): Promise<number> {
    const marked = await store.markRevoked(at, because)
    if (marked < SWEEP_ROWS) return before + marked
    // Requests have their turn between two batches.
    await new Promise((resolve) => setImmediate(resolve))
    return await markRevoked(at, because, before + marked)
  }

  return {
    claim(cookieValue) {
      const id = sessionIdOf(cookieValue)
      if (id === null) return null
      const found = store.find(id)
      return found instanceof Promise ? found.then((claim) => ownClaim(claim, id)) : ownClaim(found, id)
    },
    async touch(id, at) {
      // Nothing comes of it when the session was ended meanwhile: a request that was held open over a logout revives nothing.
      await store.touch(id, at)
    },
    end,
    standing: (account) => store.standing(account),
    find: (id) => store.find(id),
    start,
    async rotate(session, at, factors) {
      const { value, id } = newIdentifier(random)
      const next: Session = { ...session, id, factors, authenticatedAt: at, seenAt: at }
      if (!(await store.rotate(session.id, next))) return null
      await grants?.follow(session.id, id)
      streams?.ended(session.id, 'replaced')
      note('session.ended', session, at, 'replaced')
      note('session.rotated', next, at, null, { factors: factors.map(({ kind }) => kind).join(' ') })
      return { session: next, setCookie: writeCookie({ name: cookie, value, maxAgeMs: null }) }
    },
    async endAll(account, at, because) {
      const held = await store.list(account)
      const ended = await store.revokeAll(account, at, because)
      streams?.endedAll(account, because)
      for (const session of held) note('session.ended', session, at, because)
      return ended
    },
    async endEveryone(at, because) {
      await store.revokeEveryone()
      streams?.endedAll(null, because)
      audit.note(auditEvent({ kind: 'session.all_ended', at, actor: { via, account: null, session: null }, reason: because }))
      return await markRevoked(at, because)
    },
    list,
  }
}

/** A store that mixes its answers up must not sign a visitor in as somebody else. */
function ownClaim(claim: Claim | null, id: SessionId): Claim | null {
  if (claim !== null && claim.session.id !== id) throw new GateError('store_unavailable', 'the store answered with another session')
  return claim
}

function newIdentifier(random: Random): { readonly value: string; readonly id: SessionId } {
  const value = newCookieValue(random)
  const id = sessionIdOf(value)
  if (id === null) throw new GateError('internal', 'the source of randomness gave too few bytes')
  return { value, id }
}

function sameRoles(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((role, at) => role === others[at])
}
