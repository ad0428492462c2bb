import { hash } from 'node:crypto'
import { counterKey } from '../../decide/counters.ts'
import type { DenialName } from '../../decide/bearer.ts'
import { SWEEP_ROWS, type DenialStore } from '../store.ts'
import type { Connection } from './connection.ts'
import { RAISE_ENDED } from './session-row.ts'

/** DenialStore in hot.sqlite. */
export function sqliteDenials({ db, write, writeDurably }: Connection): DenialStore {
  const upsert = db.prepare(
    `INSERT INTO denial (key, not_before, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET not_before = max(not_before, excluded.not_before), expires_at = max(expires_at, excluded.expires_at)`,
  )
  const raiseEnded = db.prepare(RAISE_ENDED)
  const select = db.prepare('SELECT not_before FROM denial WHERE key = ?')
  const removeOld = db.prepare('DELETE FROM denial WHERE key IN (SELECT key FROM denial WHERE expires_at <= ? LIMIT ?)')
  const keyOf = ({ issuer, what, value }: DenialName): Buffer => hash('sha256', counterKey(what, issuer, value), 'buffer')
  return {
    deny(name, notBefore, expiresAt) {
      writeDurably(() => {
        upsert.run(keyOf(name), notBefore, expiresAt)
        raiseEnded.run()
      })
    },
    find: (names) =>
      names.map((name) => {
        const row = select.get(keyOf(name))
        return row === undefined ? null : Number(row['not_before'])
      }),
    sweep: (at) => write(() => Number(removeOld.run(at, SWEEP_ROWS).changes)),
  }
}
