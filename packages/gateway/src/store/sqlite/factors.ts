import type { SQLOutputValue } from 'node:sqlite'
import type { FactorStore, StoredFactor } from '../store.ts'
import type { Connection } from './connection.ts'

const COLUMNS = 'id, account, kind, name, content, created_at, last_used_at'

/** FactorStore in durable.sqlite. */
export function sqliteFactors({ db, write }: Connection): FactorStore {
  const insert = db.prepare(`INSERT INTO factor (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const selectOne = db.prepare(`SELECT ${COLUMNS} FROM factor WHERE id = ?`)
  const selectOwn = db.prepare(`SELECT ${COLUMNS} FROM factor WHERE account = ? ORDER BY created_at, id`)
  // The content that was read is part of the condition: of two who use the same code at once, one finds it gone.
  const use = db.prepare('UPDATE factor SET content = ?, last_used_at = ? WHERE id = ? AND content = ?')
  const deleteOne = db.prepare('DELETE FROM factor WHERE account = ? AND id = ?')
  const deleteUnlessLast = db.prepare(
    `DELETE FROM factor AS one WHERE account = ? AND id = ? AND (kind = 'recovery-codes' OR EXISTS (
       SELECT 1 FROM factor WHERE account = one.account AND id <> one.id AND kind <> 'recovery-codes'))`,
  )
  const deleteOwn = db.prepare('DELETE FROM factor WHERE account = ?')
  return {
    insert: (f) => write(() => Number(insert.run(f.id, f.account, f.kind, f.name, f.content, f.createdAt, f.lastUsedAt).changes) === 1),
    find(id) {
      const row = selectOne.get(id)
      return row === undefined ? null : read(row)
    },
    list: (account) => selectOwn.all(account).map(read),
    use: (id, was, content, at) => write(() => Number(use.run(content, at, id, was).changes) === 1),
    remove: (account, id) => write(() => Number(deleteOne.run(account, id).changes) === 1),
    removeUnlessLast: (account, id) => write(() => Number(deleteUnlessLast.run(account, id).changes) === 1),
    removeAll: (account) => write(() => Number(deleteOwn.run(account).changes)),
  }
}

function read(row: Record<string, SQLOutputValue>): StoredFactor {
  return {
    id: String(row['id']),
    account: String(row['account']),
    kind: String(row['kind']) as StoredFactor['kind'],
    name: String(row['name']),
    content: String(row['content']),
    createdAt: Number(row['created_at']),
    lastUsedAt: row['last_used_at'] as number | null,
  }
}
