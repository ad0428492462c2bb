import type { AccountId, Claim, RevokeReason, Session, SessionId, Standing } from '../../decide/session.ts'
import { SWEEP_ROWS, type SessionStore } from '../store.ts'
import { sessionPages } from './session-pages.ts'
import type { Connection } from './connection.ts'
import {
  ALIVE,
  idBytes,
  OF_EVERYONE,
  RAISE_ENDED,
  readClaim,
  readRoles,
  readSession,
  SESSION_COLUMNS,
  SESSION_FIELDS,
  shortKey,
  writeFactors,
  type SessionRow,
} from './session-row.ts'

/** About 2 MB; more visitors at once than that are looked up. */
const MOST_KEPT = 4096

/** SessionStore in hot.sqlite. A claim is one statement on one row; what ends a session waits for the disk. */
export function sqliteSessions({ db, write, writeDurably, changes }: Connection): SessionStore {
  const selectClaim = db.prepare(`SELECT ${SESSION_FIELDS} FROM session WHERE key = ? AND id = ?`)
  const selectOfAccount = db.prepare(`SELECT ${SESSION_FIELDS} FROM session WHERE account = ? AND ${ALIVE} ORDER BY created_at, id`)
  const selectNewest = db.prepare(`SELECT ${SESSION_FIELDS} FROM session WHERE ${ALIVE} ORDER BY created_at DESC, id DESC LIMIT ?`)
  for (const statement of [selectClaim, selectOfAccount, selectNewest]) statement.setReturnArrays(true)

  const beginReading = db.prepare('BEGIN DEFERRED')
  const endReading = db.prepare('COMMIT')
  const selectStanding = db.prepare('SELECT generation, roles FROM standing WHERE account = ?')
  const upsertStanding = db.prepare(
    'INSERT INTO standing (account, generation, roles) VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE SET generation = excluded.generation, roles = excluded.roles',
  )
  const copyStanding = db.prepare('UPDATE session SET account_generation = ?, account_roles = ? WHERE account = ?')
  const insertRow = db.prepare(
    `INSERT INTO session (key, ${SESSION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
  )
  const moveSeen = db.prepare('UPDATE session SET seen_at = ?1 WHERE key = ?2 AND id = ?3 AND revoked_at IS NULL AND seen_at < ?1')
  const markRevoked = db.prepare('UPDATE session SET revoked_at = ?, revoked_because = ? WHERE key = ? AND id = ? AND revoked_at IS NULL')
  const raiseEveryone = db.prepare('UPDATE everyone SET generation = max(generation + 1, ?)')
  const raiseEnded = db.prepare(RAISE_ENDED)
  const selectEnded = db.prepare('SELECT ended FROM everyone')
  const selectEveryone = db.prepare('SELECT generation FROM everyone')
  // In the order of an index that a row leaves when it is marked: the next batch begins where this one ended.
  const markOutdated = db.prepare(
    `UPDATE session SET revoked_at = ?1, revoked_because = ?2 WHERE key IN (
       SELECT key FROM session WHERE revoked_at IS NULL AND generation <> account_generation + ${OF_EVERYONE} ORDER BY created_at LIMIT ?3)`,
  )
  const markAll = db.prepare(`UPDATE session SET revoked_at = ?, revoked_because = ? WHERE account = ? AND ${ALIVE}`)
  const deleteSeen = db.prepare('DELETE FROM session WHERE key IN (SELECT key FROM session WHERE seen_at < ? LIMIT ?)')
  // Nobody authenticates before the session was created: the index on created_at finds all that can match.
  const deleteOld = db.prepare(
    'DELETE FROM session WHERE key IN (SELECT key FROM session WHERE created_at < ?1 AND authenticated_at < ?1 LIMIT ?2)',
  )

  function ofEveryone(): number {
    return Number(selectEveryone.get()?.['generation'])
  }

  function standing(account: AccountId): Standing {
    const row = selectStanding.get(account)
    const generation = Number(row?.['generation'] ?? 0) + ofEveryone()
    return { generation, roles: row === undefined ? [] : readRoles(String(row['roles'])) }
  }

  function writeStanding(account: AccountId, { generation, roles }: Standing): void {
    const written = JSON.stringify(roles)
    const own = generation - ofEveryone()
    upsertStanding.run(account, own, written)
    copyStanding.run(own, written, account)
  }

  const kept = new Map<SessionId, Claim>()
  let keptAt = -1

  /** Claims of live visitors, as long as nobody wrote: a visitor's next request comes soon, and costs no look into the table. */
  function findKept(id: SessionId): Claim | null {
    forgetOutdated()
    const known = kept.get(id)
    if (known !== undefined) return known
    const claim = find(id)
    if (claim !== null) kept.set(id, claim)
    return claim
  }

  function forgetOutdated(): void {
    const stamp = changes.stamp()
    if (stamp === keptAt && kept.size < MOST_KEPT) return
    kept.clear()
    keptAt = stamp
  }

  function find(id: SessionId): Claim | null {
    const bytes = idBytes(id)
    const row = selectClaim.get(shortKey(bytes), bytes) as unknown as SessionRow | undefined
    return row === undefined ? null : readClaim(id, row)
  }

  function place(session: Session): boolean {
    const { account, name, generation, createdAt, authenticatedAt, seenAt, address, agent, traits, revoked } = session
    const own = standing(account)
    if (own.generation !== generation) return false
    const bytes = idBytes(session.id)
    const row = [account, own.generation - ofEveryone(), JSON.stringify(own.roles), name, generation, writeFactors(session.factors)]
    const times = [createdAt, authenticatedAt, seenAt]
    const { changes } = insertRow.run(
      shortKey(bytes),
      bytes,
      ...row,
      ...times,
      address,
      agent,
      traits,
      revoked?.at ?? null,
      revoked?.because ?? null,
    )
    return Number(changes) === 1
  }

  function mark(id: SessionId, at: number, because: RevokeReason): boolean {
    const bytes = idBytes(id)
    const marked = Number(markRevoked.run(at, because, shortKey(bytes), bytes).changes) === 1
    if (marked) raiseEnded.run()
    return marked
  }

  return {
    standing,
    setRoles(account, roles) {
      write(() => writeStanding(account, { ...standing(account), roles }))
    },
    insert: (session) => write(() => place(session)),
    find: findKept,
    findAll(ids) {
      // In one transaction the file is locked once, not once for each.
      beginReading.run()
      try {
        return ids.map(find)
      } finally {
        if (db.isTransaction) endReading.run()
      }
    },
    touch(id, seenAt) {
      forgetOutdated()
      const bytes = idBytes(id)
      const moved = Number(moveSeen.run(seenAt, shortKey(bytes), bytes).changes) === 1
      changes.wrote()
      // Nothing but this session changed: the others stay known here.
      kept.delete(id)
      keptAt = changes.stamp()
      return moved
    },
    rotate(old, next) {
      return writeDurably(() => {
        const claim = find(old)
        const dead = claim === null || claim.session.revoked !== null || claim.session.generation !== claim.standing.generation
        return !dead && place(next) && mark(old, next.seenAt, 'replaced')
      })
    },
    revoke: (id, at, because) => writeDurably(() => mark(id, at, because)),
    revokeAll(account, at, because) {
      return writeDurably(() => {
        const ended = Number(markAll.run(at, because, account).changes)
        const { generation, roles } = standing(account)
        writeStanding(account, { generation: generation + 1, roles })
        raiseEnded.run()
        return ended
      })
    },
    revokeEveryone(atLeast = 0) {
      writeDurably(() => {
        raiseEveryone.run(atLeast)
        raiseEnded.run()
      })
    },
    markRevoked: (at, because) => write(() => Number(markOutdated.run(at, because, SWEEP_ROWS).changes)),
    ended: () => Number(selectEnded.get()?.['ended']),
    list: (account) => (selectOfAccount.all(account) as unknown as SessionRow[]).map(readSession),
    listAll: (limit) => (selectNewest.all(limit) as unknown as SessionRow[]).map(readSession),
    page: sessionPages(db),
    sweep(seenBefore, authenticatedBefore) {
      return write(() => {
        const unseen = Number(deleteSeen.run(seenBefore, SWEEP_ROWS).changes)
        return unseen + Number(deleteOld.run(authenticatedBefore, SWEEP_ROWS - unseen).changes)
      })
    },
  }
}
