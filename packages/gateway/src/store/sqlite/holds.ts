import type { Hold, HoldStore } from '../holds.ts'
import type { Connection } from './connection.ts'

/** HoldStore in durable.sqlite; read again only after somebody wrote there. */
export function sqliteHolds({ db, write, changes }: Connection): HoldStore {
  const select = db.prepare('SELECT credential, since, rule, reason FROM hold')
  const insert = db.prepare('INSERT INTO hold (credential, since, rule, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const remove = db.prepare('DELETE FROM hold WHERE credential = ?')
  let known: { readonly stamp: number; readonly held: ReadonlyMap<string, Hold> } = { stamp: -1, held: new Map() }
  return {
    all() {
      const stamp = changes.stamp()
      if (stamp !== known.stamp) {
        const rows = select.all() as unknown as readonly Hold[]
        known = { stamp, held: new Map(rows.map(({ ...hold }) => [hold.credential, hold])) }
      }
      return known.held
    },
    add: ({ credential, since, rule, reason }) => write(() => Number(insert.run(credential, since, rule, reason).changes) === 1),
    remove: (credential) => write(() => Number(remove.run(credential).changes) === 1),
  }
}
