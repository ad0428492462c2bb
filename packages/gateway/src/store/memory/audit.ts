import type { AuditStore, StoredEvent } from '../store.ts'

/** AuditStore in one array. */
export function memoryAudit(): AuditStore {
  const events: StoredEvent[] = []
  return {
    append(more) {
      for (const event of more) events.push({ ...event, seq: events.length + 1 })
    },
    read({ limit, kind, account, request }) {
      return events
        .filter((event) => (kind ?? event.kind) === event.kind)
        .filter((event) => account === undefined || event.actor.account === account)
        .filter((event) => request === undefined || event.request === request)
        .toReversed()
        .slice(0, limit)
    },
  }
}
