import type { SQLOutputValue } from 'node:sqlite'
import type { ResetRow, ResetStore } from '../reset-store.ts'
import { SWEEP_ROWS } from '../store.ts'
import type { Connection } from './connection.ts'

/** ResetStore in hot.sqlite. Taken durably: a power cut must not make a used link good again. */
export function sqliteResets({ db, write, writeDurably }: Connection): ResetStore {
  const upsert = db.prepare(
    `INSERT INTO reset (account, hash, stamp, expires_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, stamp = excluded.stamp, expires_at = excluded.expires_at`,
  )
  const select = db.prepare('SELECT account, hash, stamp, expires_at FROM reset WHERE hash = ?')
  const remove = db.prepare('DELETE FROM reset WHERE hash = ? RETURNING account, hash, stamp, expires_at')
  const removeOld = db.prepare('DELETE FROM reset WHERE account IN (SELECT account FROM reset WHERE expires_at <= ? LIMIT ?)')
  return {
    put: ({ account, hash, stamp, expiresAt }) => writeDurably(() => void upsert.run(account, hash, stamp, expiresAt)),
    find: (hash) => read(select.get(hash)),
    take: (hash) => writeDurably(() => read(remove.get(hash))),
    sweep: (at) => write(() => Number(removeOld.run(at, SWEEP_ROWS).changes)),
  }
}

function read(row: Record<string, SQLOutputValue> | undefined): ResetRow | null {
  if (row === undefined) return null
  return {
    account: String(row['account']),
    hash: String(row['hash']),
    stamp: String(row['stamp']),
    expiresAt: Number(row['expires_at']),
  }
}
