import { SWEEP_ROWS } from '../store.ts'
import type { CredentialUse, UseStore } from '../use-store.ts'
import type { Connection } from './connection.ts'

/** UseStore in decisions.sqlite, where no write makes outdated what is kept of sessions. */
export function sqliteUses({ db, write }: Connection): UseStore {
  const add = db.prepare(
    `INSERT INTO credential_use (credential, day, route, who, count, last_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)`,
  )
  const top = db.prepare(
    `SELECT credential, route, who, max(day) AS day, sum(count) AS count, max(last_at) AS lastAt FROM credential_use
     WHERE credential = ? AND day >= ? GROUP BY route, who ORDER BY count DESC, route, who LIMIT ?`,
  )
  const ofWho = db.prepare('SELECT credential, route, who, day, count, last_at AS lastAt FROM credential_use WHERE who = ?')
  const forget = db.prepare('DELETE FROM credential_use WHERE who = ?')
  const sweep = db.prepare(
    'DELETE FROM credential_use WHERE (credential, day, route, who) IN (SELECT credential, day, route, who FROM credential_use WHERE day < ? LIMIT ?)',
  )
  const put = (uses: readonly CredentialUse[]): void => {
    for (const { credential, day, route, who, count, lastAt } of uses) add.run(credential, day, route, who, count, lastAt)
  }
  return {
    add: (uses) => write(() => put(uses)),
    top: (credential, sinceDay, limit) =>
      (top.all(credential, sinceDay, limit) as unknown as readonly CredentialUse[]).map(({ ...use }) => use),
    forget(who) {
      return write(() => {
        const own = ofWho.all(who) as unknown as readonly CredentialUse[]
        forget.run(who)
        put(own.map((use) => ({ ...use, who: '' })))
        return own.length
      })
    },
    sweep: (beforeDay) => write(() => Number(sweep.run(beforeDay, SWEEP_ROWS).changes)),
  }
}
