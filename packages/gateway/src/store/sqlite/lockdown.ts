import type { Lockdown, LockdownStore } from '../lockdown.ts'
import type { Connection } from './connection.ts'

/** LockdownStore in durable.sqlite; read again only after somebody wrote there. */
export function sqliteLockdown({ db, write, changes }: Connection): LockdownStore {
  const select = db.prepare('SELECT since, reason FROM lockdown')
  const insert = db.prepare('INSERT INTO lockdown (only, since, reason) VALUES (1, ?, ?) ON CONFLICT DO NOTHING')
  const remove = db.prepare('DELETE FROM lockdown')
  let known: { readonly stamp: number; readonly lockdown: Lockdown | null } = { stamp: -1, lockdown: null }
  return {
    read() {
      const stamp = changes.stamp()
      if (stamp !== known.stamp) {
        const row = select.get() as { since: number; reason: string } | undefined
        known = { stamp, lockdown: row === undefined ? null : { since: row.since, reason: row.reason } }
      }
      return known.lockdown
    },
    set: ({ since, reason }) => write(() => Number(insert.run(since, reason).changes) === 1),
    lift: () => write(() => Number(remove.run().changes) === 1),
  }
}
