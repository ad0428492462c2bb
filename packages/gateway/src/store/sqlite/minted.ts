import type { MintedRow, MintStore } from '../store.ts'
import type { Connection } from './connection.ts'

/** MintStore in hot.sqlite: what is lost with a power cut is minted again. */
export function sqliteMinted({ db, write }: Connection): MintStore {
  const select = db.prepare(
    `SELECT sealed, expires_at AS expiresAt, refresh_at AS refreshAt, failed_until AS failedUntil, holder, lease_until AS leaseUntil
     FROM minted WHERE key = ?`,
  )
  // One statement: of two processes that ask at once, one finds the other's lease.
  const take = db.prepare(
    `INSERT INTO minted (key, holder, lease_until) VALUES (?1, ?2, ?4)
     ON CONFLICT (key) DO UPDATE SET holder = ?2, lease_until = ?4 WHERE holder IS NULL OR holder = ?2 OR lease_until <= ?3`,
  )
  const settle = db.prepare(
    `UPDATE minted SET sealed = ?3, expires_at = ?4, refresh_at = ?5, failed_until = ?6, holder = NULL, lease_until = 0
     WHERE key = ?1 AND holder = ?2`,
  )
  const forget = db.prepare(`DELETE FROM minted WHERE substr(key, 1, length(?1)) = ?1`)
  return {
    find: (key) => (select.get(key) as unknown as MintedRow | undefined) ?? null,
    lease: (key, holder, at, until) => write(() => Number(take.run(key, holder, at, until).changes) === 1),
    settle: (key, holder, { sealed, expiresAt, refreshAt, failedUntil }) =>
      write(() => Number(settle.run(key, holder, sealed, expiresAt, refreshAt, failedUntil).changes) === 1),
    forget: (prefix) => write(() => void forget.run(prefix)),
  }
}
