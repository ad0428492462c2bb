import { hash } from 'node:crypto'
import { forgetAt, meter } from '../../decide/counters.ts'
import { SWEEP_ROWS, type CounterStore } from '../store.ts'
import type { Connection } from './connection.ts'
import { sqliteSignals } from './signals.ts'

/** CounterStore in hot.sqlite. All hits of a request are counted in one transaction, so that parallel arrivals cannot share a place. */
export function sqliteCounters(connection: Connection): CounterStore {
  const { db, write } = connection
  const signals = sqliteSignals(connection)
  const select = db.prepare('SELECT arrival, forget_at FROM counter WHERE key = ?')
  const move = db.prepare('UPDATE counter SET arrival = ? WHERE key = ?')
  const upsert = db.prepare(
    'INSERT INTO counter (key, arrival, forget_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET arrival = excluded.arrival, forget_at = excluded.forget_at',
  )
  const remove = db.prepare('DELETE FROM counter WHERE key = ?')
  const removeOld = db.prepare('DELETE FROM counter WHERE key IN (SELECT key FROM counter WHERE forget_at <= ? LIMIT ?)')
  return {
    add(hits, at) {
      if (hits.length === 0) return []
      // Whoever only reads need not wait for the write lock.
      if (hits.every(({ signal }) => signal?.cost === 0 && signal.owed === 0))
        return hits.flatMap((hit) => (hit.signal === undefined ? [] : [signals.read(hit, hit.signal, storedKey(hit.key), at)]))
      return write(() =>
        hits.map((hit) => {
          const { key, limit, keepMs, signal } = hit
          const stored = storedKey(key)
          if (signal !== undefined)
            return signal.cost === 0 && signal.owed === 0 ? signals.read(hit, signal, stored, at) : signals.add(hit, signal, stored, at)
          const row = select.get(stored)
          const metered = meter(row === undefined ? null : Number(row['arrival']), limit, at)
          const forget = Math.ceil(forgetAt(metered.arrival, keepMs, at) / STEP_MS) * STEP_MS
          if (row?.['forget_at'] === forget) move.run(metered.arrival, stored)
          else upsert.run(stored, metered.arrival, forget)
          return { key, over: metered.over, retryAfterMs: metered.retryAfterMs }
        }),
      )
    },
    clear(keys) {
      if (keys.length > 0)
        write(() => {
          for (const key of keys) {
            const stored = storedKey(key)
            remove.run(stored)
            signals.remove(stored)
          }
        })
    },
    sweep: (at) =>
      write(() => {
        const swept = Number(removeOld.run(at, SWEEP_ROWS).changes)
        return swept + signals.sweep(at, SWEEP_ROWS - swept)
      }),
  }
}

/** In steps of ten minutes, so that most arrivals leave the index of `forget_at` alone: it is half of what a count writes. */
const STEP_MS = 600_000

/** Of one length, whatever was typed into a login form, and that (a password in the wrong box) is not kept. */
function storedKey(key: string): Uint8Array {
  return hash('sha256', key, 'buffer')
}
