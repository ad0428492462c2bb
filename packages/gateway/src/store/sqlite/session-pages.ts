import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Session } from '../../decide/session.ts'
import type { SessionQuery } from '../session-query.ts'
import { ALIVE, idBytes, readSession, SESSION_FIELDS, shortKey, type SessionRow } from './session-row.ts'

/** SessionStore.page: one statement for each set of filters, prepared when it is first asked for. Each walks an index in the order of the list. */
export function sessionPages(db: DatabaseSync): (query: SessionQuery) => readonly Session[] {
  const prepared = new Map<string, StatementSync>()

  function statementOf(conditions: readonly string[]): StatementSync {
    const where = conditions.join(' AND ')
    const known = prepared.get(where)
    if (known !== undefined) return known
    const made = db.prepare(`SELECT ${SESSION_FIELDS} FROM session WHERE ${where} ORDER BY created_at DESC, key DESC LIMIT ?`)
    made.setReturnArrays(true)
    prepared.set(where, made)
    return made
  }

  return ({ limit, account, address, from, before, seenAfter, authenticatedAfter, after }) => {
    const conditions: string[] = [ALIVE, 'seen_at > ?', 'authenticated_at > ?']
    const values: (string | number)[] = [seenAfter, authenticatedAfter]
    const where = (condition: string, ...given: readonly (string | number)[]): void => {
      conditions.push(condition)
      values.push(...given)
    }
    if (account !== undefined) where('account = ?', account)
    if (address !== undefined) where('address = ?', address)
    if (from !== undefined) where('created_at >= ?', from)
    if (before !== undefined) where('created_at < ?', before)
    if (after !== undefined) {
      where('created_at <= ?', after.createdAt)
      where('(created_at < ? OR key < ?)', after.createdAt, shortKey(idBytes(after.id)))
    }
    return (statementOf(conditions).all(...values, limit) as unknown as SessionRow[]).map(readSession)
  }
}
