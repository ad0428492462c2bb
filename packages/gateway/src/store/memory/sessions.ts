import type { AccountId, Session, SessionId, Standing } from '../../decide/session.ts'
import { SWEEP_ROWS, type SessionStore } from '../store.ts'

/** SessionStore in plain maps. */
export function memorySessions(): SessionStore {
  const sessions = new Map<SessionId, Session>()
  const standings = new Map<AccountId, Standing>()
  const standing = (account: AccountId): Standing => standings.get(account) ?? UNSEEN

  function isAlive(session: Session): boolean {
    return session.revoked === null && session.generation === standing(session.account).generation
  }

  function alive(): readonly Session[] {
    return [...sessions.values()].filter(isAlive).toSorted(olderFirst)
  }

  function insert(session: Session): boolean {
    if (session.generation !== standing(session.account).generation || sessions.has(session.id)) return false
    sessions.set(session.id, session)
    return true
  }

  return {
    standing,
    setRoles(account, roles) {
      standings.set(account, { ...standing(account), roles: [...roles] })
    },
    insert,
    find(id) {
      const session = sessions.get(id)
      return session === undefined ? null : { session, standing: standing(session.account) }
    },
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
      return true
    },
    revoke(id, at, because) {
      const session = sessions.get(id)
      if (session === undefined || session.revoked !== null) return false
      sessions.set(id, { ...session, revoked: { at, because } })
      return true
    },
    revokeAll(account, at, because) {
      const ended = alive().filter((session) => session.account === account)
      for (const session of ended) sessions.set(session.id, { ...session, revoked: { at, because } })
      const { generation, roles } = standing(account)
      standings.set(account, { generation: generation + 1, roles })
      return ended.length
    },
    list: (account) => alive().filter((session) => session.account === account),
    listAll: (limit) => alive().toReversed().slice(0, limit),
    sweep(seenBefore, authenticatedBefore) {
      const over = [...sessions.values()].filter((session) => session.seenAt < seenBefore || session.authenticatedAt < authenticatedBefore)
      const batch = over.slice(0, SWEEP_ROWS)
      for (const { id } of batch) sessions.delete(id)
      return batch.length
    },
  }
}

const UNSEEN: Standing = { generation: 0, roles: [] }

function olderFirst(one: Session, other: Session): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1)
}
