import type { SQLOutputValue, StatementSync } from 'node:sqlite'
import type { AuditEvent } from '@cloakroom/contract'
import type { AuditStore, StoredEvent } from '../store.ts'
import type { Connection } from './connection.ts'

const FILTERS = ['kind', 'account', 'request'] as const

/** AuditStore in durable.sqlite. */
export function sqliteAudit({ db, write }: Connection): AuditStore {
  const insert = db.prepare('INSERT INTO audit (kind, account, request, event) VALUES (?, ?, ?, ?)')
  // One statement for each set of filters, so that each finds its index.
  const selects = new Map<string, StatementSync>()
  function selectFor(filters: readonly string[]): StatementSync {
    const where = filters.length === 0 ? '' : `WHERE ${filters.map((name) => `${name} = ?`).join(' AND ')}`
    const known = selects.get(where)
    if (known !== undefined) return known
    const statement = db.prepare(`SELECT seq, event FROM audit ${where} ORDER BY seq DESC LIMIT ?`)
    selects.set(where, statement)
    return statement
  }
  return {
    append(events) {
      if (events.length === 0) return
      write(() => events.forEach((event) => insert.run(event.kind, event.actor.account, event.request, JSON.stringify(event))))
    },
    read(query) {
      const used = FILTERS.filter((name) => query[name] !== undefined)
      const rows = selectFor(used).all(...used.map((name) => query[name] ?? null), query.limit)
      return rows.map(readEvent)
    },
  }
}

function readEvent(row: Record<string, SQLOutputValue>): StoredEvent {
  return { ...(JSON.parse(String(row['event'])) as AuditEvent), seq: Number(row['seq']) }
}
