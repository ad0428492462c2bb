import { hash } from 'node:crypto'
import { counterKey } from '../../decide/counters.ts'
import { SWEEP_ROWS, type NonceStore } from '../store.ts'
import type { Connection } from './connection.ts'

/** NonceStore in hot.sqlite: the primary key lets one of many spenders win, in whatever process they are. Durable, since a power cut must not make a nonce good again. */
export function sqliteNonces({ db, write, writeDurably }: Connection): NonceStore {
  const insert = db.prepare('INSERT INTO nonce (key, expires_at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING')
  const removeOld = db.prepare('DELETE FROM nonce WHERE key IN (SELECT key FROM nonce WHERE expires_at <= ? LIMIT ?)')
  return {
    spend: (purpose, id, expiresAt) =>
      writeDurably(() => Number(insert.run(hash('sha256', counterKey(purpose, id), 'buffer'), expiresAt).changes) === 1),
    sweep: (at) => write(() => Number(removeOld.run(at, SWEEP_ROWS).changes)),
  }
}
