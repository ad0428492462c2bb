import type { Count, Hit, SignalUse } from '../../decide/counters.ts'
import type { Instant } from '../../decide/head.ts'
import { type CounterState, tally } from '../../decide/meter.ts'
import { markOf } from '../mark.ts'
import type { Connection } from './connection.ts'

/** The counters of the guard's signals in hot.sqlite. `add` is to be called inside a write transaction; `read` needs none. */
export interface Signals {
  add(hit: Hit, use: SignalUse, stored: Uint8Array, at: Instant): Count
  read(hit: Hit, use: SignalUse, stored: Uint8Array, at: Instant): Count
  remove(stored: Uint8Array): void
  sweep(at: Instant, most: number): number
}

/** After so many new counters of a group it is counted, and brought back to nine tenths of its bound when it is beyond. */
const COUNT_EACH = 200
const KEEP_SHARE = 0.9
/** In steps, so that most arrivals leave the index alone. */
const STEP_MS = 600_000

export function sqliteSignals({ db }: Connection): Signals {
  const select = db.prepare('SELECT arrival, level, before, marks, forget_at FROM signal WHERE key = ?')
  const move = db.prepare('UPDATE signal SET arrival = ?, level = ?, before = ?, marks = ? WHERE key = ?')
  const upsert = db.prepare(
    'INSERT INTO signal (key, grp, arrival, level, before, marks, forget_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET arrival = excluded.arrival, level = excluded.level, before = excluded.before, marks = excluded.marks, forget_at = excluded.forget_at',
  )
  const remove = db.prepare('DELETE FROM signal WHERE key = ?')
  const removeOld = db.prepare('DELETE FROM signal WHERE key IN (SELECT key FROM signal WHERE forget_at <= ? LIMIT ?)')
  const size = db.prepare('SELECT count(*) AS n FROM signal WHERE grp = ?')
  const shrink = db.prepare('DELETE FROM signal WHERE key IN (SELECT key FROM signal WHERE grp = ? ORDER BY forget_at, arrival LIMIT ?)')
  /** New counters of each group since it was counted. */
  const fresh = new Map<string, number>()

  function count(
    { key }: Hit,
    use: SignalUse,
    state: CounterState | null,
    at: Instant,
  ): Count & { readonly state: CounterState; readonly endsAt: Instant } {
    const { endsAt, ...counted } = tally(use.meter, state, { ...use, mark: use.mark === null ? null : markOf(use.mark) }, at)
    return { key, ...counted, endsAt }
  }

  function makeRoom({ group, maxKeys }: SignalUse): void {
    const since = (fresh.get(group) ?? 0) + 1
    if (since < Math.min(COUNT_EACH, maxKeys)) {
      fresh.set(group, since)
      return
    }
    fresh.set(group, 0)
    const n = Number(size.get(group)?.['n'] ?? 0)
    if (n > maxKeys) shrink.run(group, n - Math.floor(maxKeys * KEEP_SHARE))
  }

  return {
    add(hit, use, stored, at) {
      const row = select.get(stored)
      const { endsAt, ...counted } = count(hit, use, row === undefined ? null : stateOf(row), at)
      const { arrival, level, before, marks } = counted.state
      const forget = Math.ceil(endsAt / STEP_MS) * STEP_MS
      if (row?.['forget_at'] === forget) move.run(arrival, level, before, bytesOf(marks), stored)
      else upsert.run(stored, use.group, arrival, level, before, bytesOf(marks), forget)
      if (row === undefined) makeRoom(use)
      return counted
    },
    read(hit, use, stored, at) {
      const row = select.get(stored)
      const { endsAt: _, ...counted } = count(hit, use, row === undefined ? null : stateOf(row), at)
      return counted
    },
    remove: (stored) => void remove.run(stored),
    sweep: (at, most) => Number(removeOld.run(at, most).changes),
  }
}

function stateOf(row: Record<string, unknown>): CounterState {
  const { marks } = row
  const bytes = marks instanceof Uint8Array ? marks : new Uint8Array()
  return {
    arrival: Number(row['arrival']),
    level: Number(row['level']),
    before: Number(row['before']),
    // Copied: eight bytes each, and the row's buffer need not be aligned.
    marks: [...new Float64Array(bytes.slice().buffer)],
  }
}

function bytesOf(marks: readonly number[]): Uint8Array | null {
  return marks.length === 0 ? null : new Uint8Array(new Float64Array(marks).buffer)
}
