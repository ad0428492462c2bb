import type { AccountId, Claim, Session, SessionId, Standing } from '../../decide/session.ts'
import { SWEEP_ROWS, type SessionStore } from '../store.ts'

/** SessionStore in plain maps. */
export function memorySessions(): SessionStore {
  const sessions = new Map<SessionId, Session>()
  const ofAccount = new Map<AccountId, Set<SessionId>>()
  const standings = new Map<AccountId, Standing>()
  let ofEveryone = 0
  let ended = 0

  function standing(account: AccountId): Standing {
    const { generation, roles } = standings.get(account) ?? UNSEEN
    return { generation: generation + ofEveryone, roles }
  }

  function setStanding(account: AccountId, { generation, roles }: Standing): void {
    standings.set(account, { generation: generation - ofEveryone, roles: [...roles] })
  }

  function isAlive(session: Session): boolean {
    return session.revoked === null && session.generation === standing(session.account).generation
  }

  function alive(ids: Iterable<SessionId>): readonly Session[] {
    const found: Session[] = []
    for (const id of ids) {
      const session = sessions.get(id)
      if (session !== undefined && isAlive(session)) found.push(session)
    }
    return found.toSorted(olderFirst)
  }

  function list(account: AccountId): readonly Session[] {
    return alive(ofAccount.get(account) ?? [])
  }

  function insert(session: Session): boolean {
    if (session.generation !== standing(session.account).generation || sessions.has(session.id)) return false
    sessions.set(session.id, session)
    const own = ofAccount.get(session.account) ?? new Set()
    ofAccount.set(session.account, own.add(session.id))
    return true
  }

  function find(id: SessionId): Claim | null {
    const session = sessions.get(id)
    return session === undefined ? null : { session, standing: standing(session.account) }
  }

  return {
    standing,
    setRoles(account, roles) {
      setStanding(account, { ...standing(account), roles })
    },
    insert,
    find,
    findAll: (ids) => ids.map(find),
    touch(id, seenAt) {
      const session = sessions.get(id)
      if (session === undefined || session.revoked !== null || session.seenAt >= seenAt) return false
      sessions.set(id, { ...session, seenAt })
      return true
    },
    rotate(old, next) {
      const session = sessions.get(old)
      if (session === undefined || !isAlive(session) || !insert(next)) return false
      sessions.set(old, { ...session, revoked: { at: next.seenAt, because: 'replaced' } })
      ended += 1
      return true
    },
    revoke(id, at, because) {
      const session = sessions.get(id)
      if (session === undefined || session.revoked !== null) return false
      sessions.set(id, { ...session, revoked: { at, because } })
      ended += 1
      return true
    },
    revokeAll(account, at, because) {
      const own = list(account)
      ended += 1
      for (const session of own) sessions.set(session.id, { ...session, revoked: { at, because } })
      const { generation, roles } = standing(account)
      setStanding(account, { generation: generation + 1, roles })
      return own.length
    },
    revokeEveryone(atLeast = 0) {
      ofEveryone = Math.max(ofEveryone + 1, atLeast)
      ended += 1
    },
    markRevoked(at, because) {
      const dead = [...sessions.values()].filter((session) => session.revoked === null && !isAlive(session)).slice(0, SWEEP_ROWS)
      for (const session of dead) sessions.set(session.id, { ...session, revoked: { at, because } })
      return dead.length
    },
    ended: () => ended,
    list,
    listAll: (limit) => alive(sessions.keys()).toReversed().slice(0, limit),
    page({ limit, account, address, from = -Infinity, before = Infinity, seenAfter, authenticatedAfter, after }) {
      const fits = (each: Session): boolean =>
        (address === undefined || each.address === address) &&
        each.createdAt >= from &&
        each.createdAt < before &&
        each.seenAt > seenAfter &&
        each.authenticatedAt > authenticatedAfter &&
        (after === undefined || each.createdAt < after.createdAt || (each.createdAt === after.createdAt && each.id < after.id))
      const all = account === undefined ? alive(sessions.keys()) : list(account)
      return all.toReversed().filter(fits).slice(0, limit)
    },
    sweep(seenBefore, authenticatedBefore) {
      const over = [...sessions.values()].filter((session) => session.seenAt < seenBefore || session.authenticatedAt < authenticatedBefore)
      const batch = over.slice(0, SWEEP_ROWS)
      for (const { id, account } of batch) {
        sessions.delete(id)
        ofAccount.get(account)?.delete(id)
      }
      return batch.length
    },
  }
}

const UNSEEN: Standing = { generation: 0, roles: [] }

function olderFirst(one: Session, other: Session): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1)
}
