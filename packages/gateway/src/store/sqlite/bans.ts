import type { SQLOutputValue } from 'node:sqlite'
import { type Ban, type BanKind, banOf, REMEMBER_BANS_MS, scopeKey } from '../../decide/ban.ts'
import { SWEEP_ROWS } from '../store.ts'
import { type BanStore, MOST_BANS } from '../verdict-stores.ts'
import type { Connection } from './connection.ts'

const COLUMNS = 'id, kind, value, scope, started_at, ends_at, rule, reason, prior, lifted_at'

/** BanStore in hot.sqlite. Each ban carries the revision of its last change, so that a follower reads only what is new. Durable: a ban outlives a power cut. */
export function sqliteBans({ db, write, writeDurably, changes }: Connection): BanStore {
  const selectRunning = db.prepare(
    `SELECT ${COLUMNS} FROM ban WHERE kind = ? AND value = ? AND scope = ? AND lifted_at IS NULL AND ends_at > ? ORDER BY ends_at DESC LIMIT 1`,
  )
  const countPrior = db.prepare(
    'SELECT count(*) AS prior FROM ban WHERE kind = ? AND value = ? AND scope = ? AND lifted_at IS NULL AND ends_at > ?',
  )
  const countAll = db.prepare('SELECT count(*) AS held FROM ban')
  const dropFirst = db.prepare('DELETE FROM ban WHERE id IN (SELECT id FROM ban ORDER BY ends_at LIMIT ?)')
  const insert = db.prepare(`INSERT INTO ban (${COLUMNS}, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const lift = db.prepare(
    `UPDATE ban SET lifted_at = ?1, revision = ?2 WHERE id = ?3 AND lifted_at IS NULL AND ends_at > ?1 RETURNING ${COLUMNS}`,
  )
  const selectAll = db.prepare(`SELECT ${COLUMNS} FROM ban WHERE lifted_at IS NULL AND ends_at > ? ORDER BY ends_at, id`)
  const selectChanged = db.prepare(`SELECT ${COLUMNS} FROM ban WHERE revision > ? ORDER BY revision`)
  const raise = db.prepare('UPDATE ban_revision SET revision = revision + 1 RETURNING revision')
  const selectRevision = db.prepare('SELECT revision FROM ban_revision')
  const removeOld = db.prepare('DELETE FROM ban WHERE id IN (SELECT id FROM ban WHERE ends_at <= ? LIMIT ?)')

  let known = { stamp: -1, revision: -1 }

  return {
    add(wish) {
      return writeDurably(() => {
        const scope = scopeKey(wish.scope)
        const running = selectRunning.get(wish.kind, wish.value, scope, wish.at)
        if (running !== undefined) return { ban: read(running), isNew: false }
        const prior = Number(countPrior.get(wish.kind, wish.value, scope, wish.at - REMEMBER_BANS_MS)?.['prior'] ?? 0)
        const surplus = Number(countAll.get()?.['held'] ?? 0) + 1 - MOST_BANS
        if (surplus > 0) dropFirst.run(surplus)
        const ban = banOf(wish, prior)
        const values = [ban.id, ban.kind, ban.value, scope, ban.startedAt, ban.endsAt, ban.rule, ban.reason, ban.prior, ban.liftedAt]
        insert.run(...values, nextRevision())
        return { ban, isNew: true }
      })
    },
    lift(id, at) {
      return writeDurably(() => {
        const row = lift.get(at, nextRevision(), id)
        return row === undefined ? null : read(row)
      })
    },
    list: (at) => selectAll.all(at).map(read),
    revision() {
      const stamp = changes.stamp()
      if (stamp !== known.stamp) known = { stamp, revision: Number(selectRevision.get()?.['revision'] ?? -1) }
      return known.revision
    },
    changedSince: (revision) => selectChanged.all(revision).map(read),
    sweep: (at) => write(() => Number(removeOld.run(at - REMEMBER_BANS_MS, SWEEP_ROWS).changes)),
  }

  function nextRevision(): number {
    return Number(raise.get()?.['revision'])
  }
}

function read(row: Record<string, SQLOutputValue>): Ban {
  return {
    id: String(row['id']),
    kind: String(row['kind']) as BanKind,
    value: String(row['value']),
    scope: row['scope'] === '' ? null : (JSON.parse(String(row['scope'])) as readonly string[]),
    startedAt: Number(row['started_at']),
    endsAt: Number(row['ends_at']),
    rule: row['rule'] as string | null,
    reason: row['reason'] as string | null,
    prior: Number(row['prior']),
    liftedAt: row['lifted_at'] as number | null,
  }
}
