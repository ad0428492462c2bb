import type { SQLOutputValue } from 'node:sqlite'
import { MOST_OF_ONE_MAIL } from '../reset-store.ts'
import type { Account, AccountStore } from '../store.ts'
import type { Connection } from './connection.ts'

const COLUMNS =
  'id, name, key, password, roles, disabled_at, failures, password_locked_at, created_at, password_changed_at, last_login_at, reset_required_at, mail, language'

/** AccountStore in durable.sqlite. */
export function sqliteAccounts({ db, write }: Connection): AccountStore {
  const insert = db.prepare(`INSERT INTO account (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const selectById = db.prepare(`SELECT ${COLUMNS} FROM account WHERE id = ?`)
  const selectByKey = db.prepare(`SELECT ${COLUMNS} FROM account WHERE key = ?`)
  const selectByMail = db.prepare(`SELECT ${COLUMNS} FROM account WHERE mail = ? COLLATE NOCASE ORDER BY key LIMIT ?`)
  const selectAll = db.prepare(`SELECT ${COLUMNS} FROM account ORDER BY key`)
  const selectPage = db.prepare(`SELECT ${COLUMNS} FROM account WHERE key >= ? AND key <= ? AND key > ? ORDER BY key LIMIT ?`)
  const change = db.prepare(
    `UPDATE account SET name = ?, password = ?, roles = ?, disabled_at = ?, failures = ?, password_locked_at = ?, password_changed_at = ?, last_login_at = ?, reset_required_at = ?, mail = ?, language = ? WHERE id = ?`,
  )
  const drop = db.prepare('DELETE FROM account WHERE id = ?')
  const fail = db.prepare('UPDATE account SET failures = failures + 1 WHERE id = ? RETURNING failures')
  const find = (id: string): Account | null => read(selectById.get(id))
  return {
    insert(a) {
      const values = [a.id, a.name, a.key, a.password, JSON.stringify(a.roles), a.disabledAt, a.failures, a.passwordLockedAt]
      return write(
        () =>
          Number(insert.run(...values, a.createdAt, a.passwordChangedAt, a.lastLoginAt, a.resetRequiredAt, a.mail, a.language).changes) ===
          1,
      )
    },
    find,
    findByKey: (key) => read(selectByKey.get(key)),
    findByMail: (mail) => selectByMail.all(mail, MOST_OF_ONE_MAIL).flatMap((row) => read(row) ?? []),
    update(id, named) {
      // Read and written under one lock: columns that this caller does not name keep what another process wrote.
      return write(() => {
        const before = find(id)
        if (before === null) return null
        const after = { ...before, ...named, id, key: before.key, createdAt: before.createdAt }
        const values = [after.name, after.password, JSON.stringify(after.roles), after.disabledAt, after.failures, after.passwordLockedAt]
        change.run(...values, after.passwordChangedAt, after.lastLoginAt, after.resetRequiredAt, after.mail, after.language, id)
        return after
      })
    },
    remove: (id) => write(() => Number(drop.run(id).changes) === 1),
    addFailure: (id) => write(() => Number(fail.get(id)?.['failures'] ?? 0)),
    page: (prefix, after, limit) => selectPage.all(prefix, `${prefix}\u{10ffff}`, after, limit).flatMap((row) => read(row) ?? []),
    list: () => selectAll.all().flatMap((row) => read(row) ?? []),
  }
}

function read(row: Record<string, SQLOutputValue> | undefined): Account | null {
  if (row === undefined) return null
  return {
    id: String(row['id']),
    name: String(row['name']),
    key: String(row['key']),
    password: row['password'] as string | null,
    roles: JSON.parse(String(row['roles'])) as readonly string[],
    mail: row['mail'] as string | null,
    language: row['language'] as string | null,
    disabledAt: row['disabled_at'] as number | null,
    failures: Number(row['failures']),
    passwordLockedAt: row['password_locked_at'] as number | null,
    createdAt: Number(row['created_at']),
    passwordChangedAt: row['password_changed_at'] as number | null,
    lastLoginAt: row['last_login_at'] as number | null,
    resetRequiredAt: row['reset_required_at'] as number | null,
  }
}
