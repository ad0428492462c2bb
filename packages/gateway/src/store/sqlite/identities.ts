import type { SQLOutputValue } from 'node:sqlite'
import type { Identity, IdentityStore } from '../provider-stores.ts'
import type { Connection } from './connection.ts'

const COLUMNS = 'issuer, subject, account, roles, linked_at, last_login_at'

/** IdentityStore in durable.sqlite. */
export function sqliteIdentities({ db, write }: Connection): IdentityStore {
  const insert = db.prepare(`INSERT INTO identity (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const select = db.prepare(`SELECT ${COLUMNS} FROM identity WHERE issuer = ? AND subject = ?`)
  const selectOfAccount = db.prepare(`SELECT ${COLUMNS} FROM identity WHERE account = ? ORDER BY linked_at, issuer, subject`)
  const change = db.prepare('UPDATE identity SET roles = ?, last_login_at = ? WHERE issuer = ? AND subject = ?')
  const remove = db.prepare('DELETE FROM identity WHERE account = ? AND issuer = ? AND subject = ?')
  return {
    insert({ issuer, subject, account, roles, linkedAt, lastLoginAt }) {
      return write(() => Number(insert.run(issuer, subject, account, JSON.stringify(roles), linkedAt, lastLoginAt).changes) === 1)
    },
    find(issuer, subject) {
      const row = select.get(issuer, subject)
      return row === undefined ? null : read(row)
    },
    ofAccount: (account) => selectOfAccount.all(account).map(read),
    note: (issuer, subject, roles, at) => write(() => Number(change.run(JSON.stringify(roles), at, issuer, subject).changes) === 1),
    remove: (account, issuer, subject) => write(() => Number(remove.run(account, issuer, subject).changes) === 1),
  }
}

function read(row: Record<string, SQLOutputValue>): Identity {
  return {
    issuer: String(row['issuer']),
    subject: String(row['subject']),
    account: String(row['account']),
    roles: JSON.parse(String(row['roles'])) as readonly string[],
    linkedAt: Number(row['linked_at']),
    lastLoginAt: row['last_login_at'] as number | null,
  }
}
