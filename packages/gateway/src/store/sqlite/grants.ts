import type { SQLOutputValue } from 'node:sqlite'
import { SWEEP_ROWS } from '../store.ts'
import type { Grant, GrantStore } from '../provider-stores.ts'
import type { Connection } from './connection.ts'

const COLUMNS = 'id, session, provider, issuer, subject, sid, sealed, version, expires_at'

/**
 * GrantStore in hot.sqlite. A lease is a row's own columns: whoever changes them under the write lock holds it, in whatever process he is.
 * What a provider gave once only is on the disk before anybody uses it.
 */
export function sqliteGrants({ db, write, writeDurably }: Connection): GrantStore {
  const insert = db.prepare(`INSERT INTO provider_grant (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const select = db.prepare(`SELECT ${COLUMNS} FROM provider_grant WHERE id = ?`)
  const lease = db.prepare(
    'UPDATE provider_grant SET lease_owner = ?1, lease_until = ?2 WHERE id = ?3 AND version = ?4 AND (lease_owner IS NULL OR lease_until <= ?5)',
  )
  const replace = db.prepare(
    'UPDATE provider_grant SET sealed = ?, version = version + 1, lease_owner = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?',
  )
  const letGo = db.prepare('UPDATE provider_grant SET lease_owner = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?')
  const follow = db.prepare('UPDATE provider_grant SET session = ? WHERE session = ?')
  const remove = db.prepare('DELETE FROM provider_grant WHERE id = ?')
  const removeEach = db.prepare('DELETE FROM provider_grant')
  const selectSessions = db.prepare(
    'SELECT session FROM provider_grant WHERE issuer = ?1 AND (?2 IS NULL OR subject = ?2) AND (?3 IS NULL OR sid = ?3) ORDER BY session',
  )
  const removeOld = db.prepare('DELETE FROM provider_grant WHERE id IN (SELECT id FROM provider_grant WHERE expires_at <= ? LIMIT ?)')
  const one = ({ changes }: { readonly changes: number | bigint }): boolean => Number(changes) === 1
  return {
    insert({ id, session, provider, issuer, subject, sid, sealed, version, expiresAt }) {
      return writeDurably(() => one(insert.run(id, session, provider, issuer, subject, sid, sealed, version, expiresAt)))
    },
    find(id) {
      const row = select.get(id)
      return row === undefined ? null : read(row)
    },
    lease: (id, version, owner, at, until) => write(() => one(lease.run(owner, until, id, version, at))),
    replace: (id, owner, sealed) => writeDurably(() => one(replace.run(sealed, id, owner))),
    letGo(id, owner) {
      write(() => letGo.run(id, owner))
    },
    follow(from, to) {
      write(() => follow.run(to, from))
    },
    remove: (id) => writeDurably(() => one(remove.run(id))),
    removeAll: () => writeDurably(() => Number(removeEach.run().changes)),
    sessionsOf: (issuer, subject, sid) => selectSessions.all(issuer, subject, sid).map((row) => String(row['session'])),
    sweep: (at) => write(() => Number(removeOld.run(at, SWEEP_ROWS).changes)),
  }
}

function read(row: Record<string, SQLOutputValue>): Grant {
  return {
    id: String(row['id']),
    session: String(row['session']),
    provider: String(row['provider']),
    issuer: String(row['issuer']),
    subject: String(row['subject']),
    sid: row['sid'] as string | null,
    sealed: String(row['sealed']),
    version: Number(row['version']),
    expiresAt: Number(row['expires_at']),
  }
}
